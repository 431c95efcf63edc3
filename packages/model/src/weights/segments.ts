// Cuts a model's tensors into segments, the units of loading, caching and eviction. A segment is a whole layer (or the output
// head), or a strip of a layer: rows of one tensor, or of several tensors that follow each other.
import {
  expertsOfLayer,
  type Architecture,
  type ModelConfig,
  type Tensors,
  type Weights,
} from '@rondo/architectures';
import { RondoError } from '@rondo/errors';
import type { Gguf } from '@rondo/gguf';
import { isWeightRef, type ByteRange, type WeightRef } from '@rondo/tensor';
import { findSpec, findStack } from './find-tensor.ts';
import { inOnePiece, isSmall, mergedRanges, refOf, strips, whole, type RoledTensor } from './strips.ts';

/** The pieces in which weights are loaded and evicted. */
export type Grain = 'tensor' | 'layer';

/** A part of the weights. */
export interface Segment {
  /** `layer 3`, `output`, `layer 3: gate, up`: for people. */
  readonly name: string;
  /** The ranges of the file that hold the segment's bytes. */
  readonly ranges: readonly ByteRange[];
  /** Bytes that the loaded segment takes. */
  readonly bytes: number;
  /** The weights in the segment. */
  readonly weights: readonly WeightRef[];
  /** The share of tokens that need the segment: 1; for experts, the share of the layer's experts that a token uses. */
  readonly tokenShare: number;
}

/** A part of the model that is computed as a unit: a layer without its experts, one expert, or the output head. */
export interface Part {
  /** `layer 3`, `layer 3, expert 5`, `output`: for people. */
  readonly name: string;
  /** The weights of the part by their roles in the architecture, to be leased. */
  readonly weights: Weights<string>;
  /** The indices of the segments that hold the weights, in the order in which the segments are needed. */
  readonly segments: readonly number[];
}

/** A step of a pass: a layer, or the output head. */
export interface Stage extends Part {
  /** The layer's experts, of which a token uses some. Most models have no experts. */
  readonly experts: readonly Part[];
  /** Parts computed after the router has chosen: before the experts, and after them. Most models have no such weights. */
  readonly before: Part;
  readonly after: Part;
  /** Present for the MTP block, which passes over the text skip. */
  readonly predicts?: true | undefined;
}

/** A model's weights: the stages in the order in which a pass needs them, and the segments in that same order. */
export interface Segmentation {
  readonly stages: readonly Stage[];
  readonly segments: readonly Segment[];
  /** `CutOptions.commonStays`: whether segments that every token needs may be larger than the others, and are to stay. */
  readonly commonStays?: boolean | undefined;
}

/**
 * About the most segments of a model: each takes some kilobytes of bookkeeping. Example: Llama 3.1 405B, Q4_K_M, then has
 * segments of 14 MB.
 */
const MOST_SEGMENTS = 1 << 14;
/** The most layers and experts, each of which has a segment of its own. Example: Kimi K2 has 23,000. */
const MOST_PARTS = 1 << 16;

/** How weights are cut. */
export interface CutOptions {
  /** About the most bytes of a segment. Infinity: one segment per layer, and one segment per expert. */
  readonly segmentBytes: number;
  /**
   * In a model with experts, whether segments that every token needs may be larger than an expert. Such segments are to stay in
   * memory: no expert that leaves makes room for them.
   */
  readonly commonStays?: boolean | undefined;
  /** Bytes that a backend takes for ranges of the file. */
  readonly slotBytes: (ranges: readonly ByteRange[]) => number;
}

/**
 * Shares of the allowed segment size that are tried, beside the whole size. The cut whose segments take the least memory is
 * used.
 */
const TRIED_SHARES = [0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6];

/**
 * Cuts all layers, each with its experts, and then the output head, into segments. If a part has several segments, each
 * takes as many bytes as the largest segment, so that one can replace another in memory. Small segments of norms are smaller.
 * With `commonStays`, this applies to the segments of experts alone.
 *
 * @throws RondoError `MISSING_TENSOR`, `BAD_TENSOR_SHAPE`, `LIMIT` for more layers and experts than can be kept apart
 */
export function segmentsOf(
  gguf: Gguf,
  architecture: Architecture,
  config: ModelConfig,
  { segmentBytes, slotBytes, commonStays = false }: CutOptions,
): Segmentation {
  const leastBytes = leastSegmentBytes(gguf, config);
  if (segmentBytes === Infinity) return cut(gguf, architecture, config, { segmentBytes, slotBytes });
  const largeBytes = Math.max(segmentBytes, leastBytes);
  const mostBytes = Math.min(largeBytes, expertBytes(gguf, architecture, config));
  const commonBytes = commonStays ? largeBytes : undefined;
  const cutBy = (share: number, experts: number) => {
    const sizes = { segmentBytes: mostBytes * share, commonBytes, slotBytes };
    return alike(cut(gguf, architecture, config, sizes, experts), commonStays);
  };
  // The experts of a layer are alike, so a trial cuts one of them: thousands of experts would leave megabytes of garbage.
  let best = { share: 1, bytes: Infinity };
  for (const share of [1, ...TRIED_SHARES]) {
    const bytes = bytesOf(cutBy(share, 1), config);
    if (bytes < best.bytes) best = { share, bytes };
  }
  return cutBy(best.share, config.experts);
}

/**
 * Bytes of the largest expert; Infinity without experts. Larger segments would be mostly empty, since each expert has segments
 * of its own.
 */
function expertBytes(gguf: Gguf, architecture: Architecture, config: ModelConfig): number {
  let largest = 0;
  for (let layer = 0; layer < config.layers.length; layer++) {
    const stacks = findStacks(gguf, architecture, config, layer);
    const bytes = stacks.reduce((sum, { matrix }) => sum + matrix(0).bytes, 0);
    largest = Math.max(largest, bytes);
  }
  return largest === 0 ? Infinity : largest;
}

/** Bytes of the largest segment. */
export function largestBytes(segments: readonly Pick<Segment, 'bytes'>[]): number {
  return segments.reduce((most, { bytes }) => Math.max(most, bytes), 0);
}

/**
 * Bytes that segments must have at least, so that there are at most `MOST_SEGMENTS` segments.
 *
 * @throws RondoError `LIMIT` where layers and experts alone are more than `MOST_PARTS`
 */
function leastSegmentBytes(gguf: Gguf, { layers, experts }: ModelConfig): number {
  const parts = layers.length * (1 + experts) + 1;
  if (parts > MOST_PARTS) {
    throw new RondoError(
      'LIMIT',
      `The model has ${layers.length} layers of ${experts} experts: ${parts} parts to be read one by one, of which at most ${MOST_PARTS} are supported.`,
      { details: { layers: layers.length, experts, parts, mostParts: MOST_PARTS } },
    );
  }
  let bytes = 0;
  for (const tensor of gguf.tensors.values()) bytes += tensor.bytes;
  return bytes / MOST_SEGMENTS;
}

/** Bytes of all segments, counting each layer's first expert for all experts of the layer. */
function bytesOf({ stages, segments }: Segmentation, { experts }: ModelConfig): number {
  const ofPart = (part: Part) => part.segments.reduce((sum, index) => sum + (segments[index]?.bytes ?? 0), 0);
  return stages.reduce((sum, stage) => {
    const [expert] = stage.experts;
    return (
      sum +
      ofPart(stage) +
      ofPart(stage.before) +
      ofPart(stage.after) +
      (expert ? experts * ofPart(expert) : 0)
    );
  }, 0);
}

/**
 * The segmentation in which each segment, except the small segments, takes as many bytes as the largest segment. With
 * `commonStays`, segments that every token needs keep their sizes.
 */
function alike({ stages, segments }: Segmentation, commonStays: boolean): Segmentation {
  const isReplaced = ({ tokenShare }: Segment) => !commonStays || tokenShare < 1;
  const largest = largestBytes(segments.filter(isReplaced));
  return {
    stages,
    segments: segments.map((segment) =>
      !isReplaced(segment) || isSmall(segment.bytes, largest) ? segment : { ...segment, bytes: largest },
    ),
    commonStays,
  };
}

/** The segments of all layers and the output head, with the first `experts` experts of each layer. */
function cut(
  gguf: Gguf,
  architecture: Architecture,
  config: ModelConfig,
  {
    segmentBytes,
    commonBytes = segmentBytes,
    slotBytes,
  }: Omit<CutOptions, 'commonStays'> & { readonly commonBytes?: number | undefined },
  experts = config.experts,
): Segmentation {
  const segments: Segment[] = [];
  const find = (specs: Tensors<string>): RoledTensor[] =>
    Object.entries(specs).flatMap(([role, spec]) =>
      spec.onHost ? [] : [{ role, tensor: findSpec(gguf, spec) }],
    );
  const part = (name: string, tensors: readonly RoledTensor[], tokenShare: number): Part => {
    const isWhole = segmentBytes === Infinity && tensors.length > 0;
    const mostBytes = tokenShare === 1 ? commonBytes : segmentBytes;
    const bytes = tensors.reduce((sum, { tensor }) => sum + tensor.bytes, 0);
    // An expert with small biases stays whole: a segment of biases would cost a read for each expert that is loaded.
    const isOne = isWhole || (tokenShare < 1 && bytes <= mostBytes);
    const groups = isOne ? [tensors.map(inOnePiece)] : strips(tensors, mostBytes);
    const first = segments.length;
    const byRole = new Map(tensors.map(({ role }): [string, WeightRef[]] => [role, []]));
    for (const group of groups) {
      const roles = [...new Set(group.map(({ role }) => role))].join(', ');
      const ranges = mergedRanges(group);
      const weights = group.map((piece) => refOf(piece, segments.length));
      for (const [index, weight] of weights.entries()) byRole.get(group[index]?.role ?? '')?.push(weight);
      segments.push({
        name: segmentBytes === Infinity ? name : `${name}: ${roles}`,
        ranges,
        bytes: slotBytes(ranges),
        weights,
        tokenShare,
      });
    }
    return {
      name,
      weights: Object.fromEntries([...byRole].map(([role, parts]) => [role, whole(parts)])),
      segments: segments.slice(first).map((_, index) => first + index),
    };
  };
  const layers = config.layers.map(({ predicts }, layer): Stage => {
    const name = predicts ? 'MTP block' : `layer ${layer}`;
    const own = part(name, find(architecture.layerTensors(config, layer, gguf.tensors)), 1);
    const { around } = expertsOfLayer(architecture, config, layer) ?? {};
    const before = find(around?.before(config, layer, gguf.tensors) ?? {});
    const after = find(around?.after(config, layer, gguf.tensors) ?? {});
    const stacks = findStacks(gguf, architecture, config, layer);
    return {
      ...own,
      before: part(`${name}, before its experts`, before, 1),
      experts: Array.from({ length: stacks.length > 0 ? experts : 0 }, (__, expert) => {
        const tensors = stacks.map(({ role, matrix }) => ({ role, tensor: matrix(expert) }));
        return part(`${name}, expert ${expert}`, tensors, config.expertsUsed / config.experts);
      }),
      after: part(`${name}, after its experts`, after, 1),
      ...(predicts && { predicts }),
    };
  });
  const output = part('output', find(architecture.outputTensors(config, gguf.tensors)), 1);
  const nothing = part('nothing', [], 1);
  return { stages: [...layers, { ...output, before: nothing, experts: [], after: nothing }], segments };
}

/** The tensors of a layer's experts, by their roles. */
function findStacks(gguf: Gguf, architecture: Architecture, config: ModelConfig, layer: number) {
  const specs = expertsOfLayer(architecture, config, layer)?.tensors(config, layer, gguf.tensors) ?? {};
  return Object.entries(specs).flatMap(([role, spec]) =>
    spec.onHost ? [] : [{ role, matrix: findStack(gguf, spec) }],
  );
}

/** The parts of a stage in the order in which a pass needs them, all of its experts included. */
function partsOf(stage: Stage): readonly Part[] {
  return [stage, stage.before, ...stage.experts, stage.after];
}

/** All segments of a stage, with the segments of its experts. */
export function segmentsOfStage(stage: Stage): number[] {
  return partsOf(stage).flatMap(({ segments }) => segments);
}

/** The most bytes of segments that a pass needs at once: of the segments begun and not finished, and of the next segment. */
export function bytesAtOnce(
  { stages, segments }: Segmentation,
  sizes = segments.map(({ bytes }) => bytes),
): number {
  let most = 0;
  for (const { weights, segments: own } of stages.flatMap(partsOf)) {
    const left = new Map(own.map((index) => [index, segments[index]?.weights.length ?? 0]));
    const begun = new Set<number>();
    let bytes = 0;
    for (const weight of Object.values(weights).flatMap((one) => one.parts ?? [one])) {
      const index = isWeightRef(weight) ? weight.segment : -1;
      if (!begun.has(index)) bytes += sizes[index] ?? 0;
      begun.add(index);
      most = Math.max(most, bytes);
      const rest = (left.get(index) ?? 0) - 1;
      left.set(index, rest);
      if (rest > 0) continue;
      begun.delete(index);
      bytes -= sizes[index] ?? 0;
    }
  }
  return most;
}

// Cuts a model's tensors into segments: what is loaded, cached and evicted as one. A segment is a whole layer (or the output
// head), or a piece of one: some tensors, or rows of a large one.
import { RondoError } from '@rondo/errors';
import type { Gguf, TensorInfo } from '@rondo/gguf';
import { rowBytes, type ByteRange, type Slot, type Weight } from '@rondo/tensor';
import type { Architecture, ModelConfig, Tensors, Weights } from './architectures/architecture.ts';

/** A part of the weights. */
export interface Segment {
  /** `layer 3`, `output`, `layer 3: gate 2 of 4`: for people. */
  readonly name: string;
  /** Where its bytes are in the file. */
  readonly ranges: readonly ByteRange[];
  /** Its weights, as they are described in their block, and where each begins in the file. */
  readonly weights: ReadonlyMap<Weight, number>;
}

/** What is computed in one go: a layer, or the output head. */
export interface Block {
  /** `layer 3`, `output`: for people. */
  readonly name: string;
  /** Its weights by their role in the architecture, described: where they are, their segments know. */
  readonly weights: Weights<string>;
  /** The segments that hold them, by index, in the order in which they are needed. */
  readonly segments: readonly number[];
}

/** A model's weights: the blocks in the order in which a pass needs them, and the segments in that same order. */
export interface Segmentation {
  readonly blocks: readonly Block[];
  readonly segments: readonly Segment[];
}

/** Tensors closer than this are read in one go, padding and all. */
const MERGE_GAP_BYTES = 4096;
/** Tensors far smaller than a segment, the norms, have one of their own: each would cost a read, for next to no bytes. */
const SMALL_SHARE = 1 / 16;

/**
 * All layers, then the output, in segments of at most about `segmentBytes`; of one block each, where that is Infinity.
 *
 * @throws RondoError `MISSING_TENSOR`, `BAD_TENSOR_SHAPE`
 */
export function segmentsOf(
  gguf: Gguf,
  architecture: Architecture,
  config: ModelConfig,
  segmentBytes = Infinity,
): Segmentation {
  const tied = !gguf.tensors.has('output.weight');
  const segments: Segment[] = [];
  const block = (name: string, specs: Tensors<string>): Block => {
    const pieces = Object.entries(specs).map(([role, spec]) =>
      piecesOf(role, findTensor(gguf, spec.name, spec.shape), segmentBytes),
    );
    const first = segments.length;
    segments.push(
      ...grouped(pieces.flat(), segmentBytes).map((group) => segmentOf(name, group, segmentBytes)),
    );
    return {
      name,
      weights: Object.fromEntries(pieces.map((parts) => [parts[0]?.role ?? '', whole(parts)])),
      segments: segments.slice(first).map((_, index) => first + index),
    };
  };
  const layers = Array.from({ length: config.layers }, (_, layer) =>
    block(`layer ${layer}`, architecture.layerTensors(config, layer)),
  );
  return { blocks: [...layers, block('output', architecture.outputTensors(config, tied))], segments };
}

/** A tensor, or rows of one. */
interface Piece {
  readonly role: string;
  /** `gate`, or `gate 2 of 4`. */
  readonly name: string;
  readonly weight: Weight;
  readonly offset: number;
  readonly bytes: number;
}

/** A tensor in as few pieces of equal rows as are not larger than `mostBytes`. */
function piecesOf(role: string, { dtype, shape, offset, bytes }: TensorInfo, mostBytes: number): Piece[] {
  const [rows = 1, width = 1] = shape;
  const count = shape.length === 2 ? Math.min(rows, Math.ceil(bytes / mostBytes)) : 1;
  if (count <= 1) return [{ role, name: role, weight: { dtype, shape }, offset, bytes }];
  const oneRowBytes = rowBytes(dtype, width);
  return Array.from({ length: count }, (_, index) => {
    const first = Math.floor((index * rows) / count);
    const pieceRows = Math.floor(((index + 1) * rows) / count) - first;
    return {
      role,
      name: `${role} ${index + 1} of ${count}`,
      weight: { dtype, shape: [pieceRows, width] },
      offset: offset + first * oneRowBytes,
      bytes: pieceRows * oneRowBytes,
    };
  });
}

/** The weight that pieces are rows of. */
function whole(pieces: readonly Piece[]): Weight {
  const parts = pieces.map(({ weight }) => weight);
  const [first] = parts;
  if (!first) throw new RangeError('A weight of no pieces.');
  if (parts.length === 1) return first;
  const rows = parts.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  return { dtype: first.dtype, shape: [rows, ...first.shape.slice(1)], parts };
}

/** Pieces that are loaded together: the small ones, and of the others neighbours that `mostBytes` hold. */
function grouped(pieces: readonly Piece[], mostBytes: number): Piece[][] {
  if (mostBytes === Infinity) return [[...pieces]];
  const isSmall = ({ bytes }: Piece) => bytes <= mostBytes * SMALL_SHARE;
  const groups: Piece[][] = [pieces.filter(isSmall)].filter((group) => group.length > 0);
  let room = 0;
  for (const piece of pieces) {
    if (isSmall(piece)) continue;
    if (piece.bytes > room) {
      groups.push([]);
      room = mostBytes;
    }
    groups.at(-1)?.push(piece);
    room -= piece.bytes;
  }
  return groups;
}

function segmentOf(block: string, pieces: readonly Piece[], segmentBytes: number): Segment {
  const names = pieces.map(({ name }) => name).join(', ');
  return {
    name: segmentBytes === Infinity ? block : `${block}: ${names}`,
    ranges: mergedRanges(pieces),
    weights: new Map(pieces.map(({ weight, offset }) => [weight, offset])),
  };
}

/** The most bytes of segments that a pass needs at once: of those begun and not done with, and the one that it comes to. */
export function bytesAtOnce({ blocks, segments }: Segmentation, sizes: readonly number[]): number {
  let most = 0;
  for (const { weights, segments: own } of blocks) {
    const left = new Map(own.map((index) => [index, segments[index]?.weights.size ?? 0]));
    const begun = new Set<number>();
    for (const weight of Object.values(weights).flatMap((one) => one.parts ?? [one])) {
      const index = own.find((one) => segments[one]?.weights.has(weight)) ?? -1;
      begun.add(index);
      most = Math.max(
        most,
        [...begun].reduce((sum, one) => sum + (sizes[one] ?? 0), 0),
      );
      const rest = (left.get(index) ?? 0) - 1;
      left.set(index, rest);
      if (rest === 0) begun.delete(index);
    }
  }
  return most;
}

/**
 * The tensor of this name, which must have this shape.
 *
 * @throws RondoError `MISSING_TENSOR`, `BAD_TENSOR_SHAPE`
 */
export function findTensor(gguf: Gguf, name: string, shape: readonly number[]): TensorInfo {
  const tensor = gguf.tensors.get(name);
  if (!tensor) {
    throw new RondoError(
      'MISSING_TENSOR',
      `The model has no tensor "${name}" [${shape.join(', ')}], which its metadata calls for. The file may be incomplete, or one part of several.`,
      {
        details: { name, expected: shape },
      },
    );
  }
  if (tensor.shape.join() !== shape.join()) {
    throw new RondoError(
      'BAD_TENSOR_SHAPE',
      `The tensor "${name}" is [${tensor.shape.join(', ')}]; by the model's metadata it must be [${shape.join(', ')}].`,
      {
        details: { name, found: tensor.shape, expected: shape },
      },
    );
  }
  return tensor;
}

function mergedRanges(pieces: readonly ByteRange[]): ByteRange[] {
  const ranges: { offset: number; bytes: number }[] = [];
  for (const { offset, bytes } of pieces.toSorted((a, b) => a.offset - b.offset)) {
    const last = ranges.at(-1);
    if (last && offset - (last.offset + last.bytes) <= MERGE_GAP_BYTES)
      last.bytes = Math.max(last.bytes, offset + bytes - last.offset);
    else ranges.push({ offset, bytes });
  }
  return ranges;
}

/** The weights of a segment in a slot that holds its ranges, by how they are described. */
export function weightsIn(slot: Pick<Slot, 'weight'>, { weights }: Segment): ReadonlyMap<Weight, Weight> {
  return new Map(
    [...weights].map(([described, offset]) => [
      described,
      slot.weight(described.dtype, described.shape, offset),
    ]),
  );
}

// Cuts a model's tensors into segments: what is loaded, cached and evicted as one. Here a layer, or the output head.
import { RondoError } from '@rondo/errors';
import type { Gguf, TensorInfo } from '@rondo/gguf';
import type { ByteRange, Slot } from '@rondo/tensor';
import type { Architecture, ModelConfig, Tensors, Weights } from './architectures/architecture.ts';

/** A part of the weights. */
export interface Segment {
  /** `layer 3`, `output`: for people. */
  readonly name: string;
  /** Where its bytes are in the file. */
  readonly ranges: readonly ByteRange[];
  /** Its tensors by their role in the architecture. */
  readonly tensors: Readonly<Record<string, TensorInfo>>;
}

/** Tensors closer than this are read in one go, padding and all. */
const MERGE_GAP_BYTES = 4096;

/**
 * The segments in the order in which a pass needs them: all layers, then the output.
 *
 * @throws RondoError `MISSING_TENSOR`, `BAD_TENSOR_SHAPE`
 */
export function segmentsOf(gguf: Gguf, architecture: Architecture, config: ModelConfig): readonly Segment[] {
  const tied = !gguf.tensors.has('output.weight');
  const layers = Array.from({ length: config.layers }, (_, layer) =>
    segment(gguf, `layer ${layer}`, architecture.layerTensors(config, layer)),
  );
  return [...layers, segment(gguf, 'output', architecture.outputTensors(config, tied))];
}

function segment(gguf: Gguf, name: string, specs: Tensors<string>): Segment {
  const tensors = Object.fromEntries(
    Object.entries(specs).map(([role, { name, shape }]) => [role, findTensor(gguf, name, shape)]),
  );
  return { name, tensors, ranges: mergedRanges(Object.values(tensors)) };
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

function mergedRanges(tensors: readonly TensorInfo[]): ByteRange[] {
  const ranges: { offset: number; bytes: number }[] = [];
  for (const { offset, bytes } of tensors.toSorted((a, b) => a.offset - b.offset)) {
    const last = ranges.at(-1);
    if (last && offset - (last.offset + last.bytes) <= MERGE_GAP_BYTES)
      last.bytes = offset + bytes - last.offset;
    else ranges.push({ offset, bytes });
  }
  return ranges;
}

/** The segment's weights in a slot that holds its ranges. */
export function weightsIn(slot: Pick<Slot, 'weight'>, { tensors }: Segment): Weights<string> {
  return Object.fromEntries(
    Object.entries(tensors).map(([role, { dtype, shape, offset }]) => [
      role,
      slot.weight(dtype, shape, offset),
    ]),
  );
}

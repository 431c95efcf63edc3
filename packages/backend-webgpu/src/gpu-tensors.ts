// Tensors, weights and caches of the WebGPU backend: the interface's types, with their buffers.
import {
  elements,
  unleasedWeight,
  type KvCache,
  type KvLayerShape,
  type Tensor,
  type Weight,
} from '@rondo/tensor';
import type { GpuBuffer } from './memory.ts';

/** Float32 values in one buffer. A region that outlives a submission has its own buffer; `place.ts` chooses other buffers. */
export interface Region {
  readonly bytes: number;
  readonly buffer?: GpuBuffer;
}

/** A tensor of this backend: rows of a region. */
export interface GpuTensor extends Tensor {
  readonly region: Region;
  /** Number of values in the region before the tensor's first value. */
  readonly start: number;
}

/** Rows of a weight that lie in one buffer. */
export interface WeightPiece {
  readonly buffer: GpuBuffer;
  readonly offsetBytes: number;
  readonly firstRow: number;
  readonly rows: number;
}

/** A weight of this backend. A weight without buffers is in no slot yet. */
export interface GpuWeight extends Weight {
  /** Several pieces if the weight's slot is spread over several buffers. */
  readonly buffers?: readonly WeightPiece[];
}

/** Keys and values of a layer; `kernels/kv-places.ts` describes the layout. */
export interface GpuKvLayer extends KvLayerShape {
  /** Number of positions that the buffers have room for; a position lies in row `position % kept`. */
  readonly kept: number;
  readonly keys: GpuBuffer;
  readonly values: GpuBuffer;
}

/** A recurrent state of a layer: all of its slots, one after the other. */
export interface GpuState {
  readonly buffer: GpuBuffer;
  /** Number of float32 values in a slot. */
  readonly values: number;
}

/** A cache of this backend. */
export interface GpuKvCache extends KvCache {
  /** The keys and values of each layer, by index; undefined for a layer without keys and values of its own. */
  readonly kvLayers: readonly (GpuKvLayer | undefined)[];
  /** The recurrent states, by layer and index. */
  readonly recurrent: readonly (readonly GpuState[])[];
}

/** Whether the tensor covers its whole region. */
export function isWhole({ region, start, shape }: GpuTensor): boolean {
  return start === 0 && elements(shape) * 4 === region.bytes;
}

/**
 * The pieces of a weight that is in a slot; at least one.
 *
 * @throws RondoError `BAD_ARGUMENT` for a weight that is in no slot
 */
export function piecesOf(weight: GpuWeight): readonly [WeightPiece, ...WeightPiece[]] {
  const [first, ...others] = weight.buffers ?? [];
  if (!first) throw unleasedWeight(weight);
  return [first, ...others];
}

// What the WebGPU backend hands out: the interface's tensors, weights and caches, with where they are.
import {
  elements,
  unleasedWeight,
  type KvCache,
  type KvLayerShape,
  type Tensor,
  type Weight,
} from '@rondo/tensor';
import type { GpuBuffer } from './memory.ts';

/** Float32 values in one buffer: one of their own for what outlives a submission; temporaries are given one. */
export interface Region {
  readonly bytes: number;
  readonly buffer?: GpuBuffer;
}

/** A tensor of this backend: rows of a region. */
export interface GpuTensor extends Tensor {
  readonly region: Region;
  /** Values before its first in the region. */
  readonly start: number;
}

/** Rows of a weight that lie in one buffer. */
export interface WeightPiece {
  readonly buffer: GpuBuffer;
  readonly offsetBytes: number;
  readonly firstRow: number;
  readonly rows: number;
}

/** A weight of this backend; without buffers it is in no slot yet. */
export interface GpuWeight extends Weight {
  /** Several where its slot is spread over several. */
  readonly buffers?: readonly WeightPiece[];
}

/** Keys and values of a layer, laid out as `kernels/kv-places.ts` says. */
export interface GpuKvLayer extends KvLayerShape {
  /** Positions that the buffers have room for; a position lies in row `position % kept`. */
  readonly kept: number;
  readonly keys: GpuBuffer;
  readonly values: GpuBuffer;
}

/** A recurrent state of a layer: all of its slots, one behind the other. */
export interface GpuState {
  readonly buffer: GpuBuffer;
  /** Float32 values of a slot. */
  readonly values: number;
}

/** A cache of this backend. */
export interface GpuKvCache extends KvCache {
  /** By index; undefined for a layer without keys and values of its own. */
  readonly kvLayers: readonly (GpuKvLayer | undefined)[];
  /** Recurrent states by layer and index. */
  readonly recurrent: readonly (readonly GpuState[])[];
}

/** Whether the tensor is all of its region. */
export function isWhole({ region, start, shape }: GpuTensor): boolean {
  return start === 0 && elements(shape) * 4 === region.bytes;
}

/**
 * The pieces of a weight that is in a slot, one at least.
 *
 * @throws RondoError `BAD_ARGUMENT` for a weight that is in no slot
 */
export function piecesOf(weight: GpuWeight): readonly [WeightPiece, ...WeightPiece[]] {
  const [first, ...others] = weight.buffers ?? [];
  if (!first) throw unleasedWeight(weight);
  return [first, ...others];
}

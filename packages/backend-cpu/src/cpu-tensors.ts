// Tensors, weights and caches of the CPU backend: the interface's types, with their memory and address.
import { RondoError } from '@rondo/errors';
import type { KvCache, KvLayerShape, Tensor, Weight } from '@rondo/tensor';
import type { Region } from './plan.ts';

/** A tensor of this backend: rows of a region. */
export interface CpuTensor extends Tensor {
  readonly region: Region;
  /** Bytes from the start of the region to the tensor's first value. */
  readonly offsetBytes: number;
}

/** A weight of this backend. Without an address, a weight can be encoded to measure a pass, but cannot be submitted. */
export interface CpuWeight extends Weight {
  readonly address?: number;
  /** Number of the weight's memory. Default 0. */
  readonly memory?: number;
}

/**
 * Keys and values of a layer, in pages. A page holds the keys of some positions, `[head][position][row]`, followed by the
 * values of these positions. A layer with a window has one page, in which later positions overwrite the oldest positions.
 */
export interface CpuKvLayer extends KvLayerShape {
  /** Bytes of a head's key of one position. */
  readonly keyBytes: number;
  /** Bytes of a head's value of one position. */
  readonly valueBytes: number;
  /** Number of positions in a page. */
  readonly pageTokens: number;
  /**
   * The layer's part of the first page. For the plan of operations, this part stands for all pages of the layer.
   */
  readonly region: Region;
  /** Addresses of the layer's parts of the pages with positions `from` to `to`. */
  pageAddresses(from: number, to: number): readonly number[];
}

/** A recurrent state of a layer: all of its slots, one after the other, in memory 0. */
export interface CpuState extends Region {
  readonly address: number;
  /** Number of float32 values in a slot. */
  readonly values: number;
}

/** A cache of this backend. */
export interface CpuKvCache extends KvCache {
  /** The keys and values of each layer, by index; undefined for a layer without keys and values of its own. */
  readonly kvLayers: readonly (CpuKvLayer | undefined)[];
  /** The recurrent states, by layer and index. */
  readonly recurrent: readonly (readonly CpuState[])[];
}

/** @throws RondoError `BAD_ARGUMENT` for a weight without a slot */
export function addressOfWeight(weight: CpuWeight): number {
  if (weight.address === undefined)
    throw new RondoError('BAD_ARGUMENT', 'A weight without a slot cannot be submitted.');
  return weight.address;
}

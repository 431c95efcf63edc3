// What the CPU backend hands out: the interface's tensors, weights and caches, with where they are.
import { RondoError } from '@rondo/errors';
import type { KvCache, KvLayerShape, Tensor, Weight } from '@rondo/tensor';
import type { Region } from './plan.ts';

/** A tensor of this backend: rows of a region. */
export interface CpuTensor extends Tensor {
  readonly region: Region;
  /** Where its values begin in the region. */
  readonly offsetBytes: number;
}

/** A weight of this backend; one without an address serves to measure a pass that is never submitted. */
export interface CpuWeight extends Weight {
  readonly address?: number;
  /** Which memory it lies in; 0 where not given. */
  readonly memory?: number;
}

/**
 * Keys and values of a layer. They lie in pages, in each of which are the keys of some positions, `[head][position][row]`, and
 * behind them their values. A layer that keeps a window has one page, which serves all positions in turn.
 */
export interface CpuKvLayer extends KvLayerShape {
  /** Bytes of a head's key of one position. */
  readonly keyBytes: number;
  /** Bytes of a head's value of one position. */
  readonly valueBytes: number;
  /** Positions of a page. */
  readonly pageTokens: number;
  /** The layer's part of the first page, which stands for all: where the layer lies, and which operations wait for which. */
  readonly region: Region;
  /** Addresses of the layer's parts of the pages with positions `from` to `to`. */
  pageAddresses(from: number, to: number): readonly number[];
}

/** A recurrent state of a layer: all of its slots, one behind the other, in memory 0. */
export interface CpuState extends Region {
  readonly address: number;
  /** Float32 values of a slot. */
  readonly values: number;
}

/** A cache of this backend. */
export interface CpuKvCache extends KvCache {
  /** By index; undefined for a layer without keys and values of its own. */
  readonly kvLayers: readonly (CpuKvLayer | undefined)[];
  /** Recurrent states by layer and index. */
  readonly recurrent: readonly (readonly CpuState[])[];
}

/** @throws RondoError `BAD_ARGUMENT` for a weight without a slot */
export function addressOfWeight(weight: CpuWeight): number {
  if (weight.address === undefined)
    throw new RondoError('BAD_ARGUMENT', 'A weight without a slot cannot be submitted.');
  return weight.address;
}

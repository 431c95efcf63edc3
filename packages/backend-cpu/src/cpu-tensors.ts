// What the CPU backend hands out: the interface's tensors, weights and caches, with where they are.
import { RondoError } from '@rondo/errors';
import type { KvCache, Tensor, Weight } from '@rondo/tensor';
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
 * A cache of this backend. It lies in pages, in each of which a layer has the keys of some positions, `[head][position][row]`,
 * and behind them their values.
 */
export interface CpuKvCache extends KvCache {
  readonly pageTokens: number;
  /** Of each layer the part of the first page, which stands for all: where it lies, and who waits for whom. */
  readonly regions: readonly Region[];
  /** Addresses of a layer's parts of the pages with positions `from` to `to`. */
  pageAddresses(layer: number, from: number, to: number): readonly number[];
}

/** @throws RondoError `BAD_ARGUMENT` for a weight without a slot */
export function addressOfWeight(weight: CpuWeight): number {
  if (weight.address === undefined)
    throw new RondoError('BAD_ARGUMENT', 'A weight without a slot cannot be submitted.');
  return weight.address;
}

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

/** A cache of this backend: for each layer keys, then values, each `[head][position][headSize]`. */
export interface CpuKvCache extends KvCache {
  readonly regions: readonly Region[];
}

/** @throws RondoError `BAD_ARGUMENT` for a weight without a slot */
export function addressOfWeight(weight: CpuWeight): number {
  if (weight.address === undefined)
    throw new RondoError('BAD_ARGUMENT', 'A weight without a slot cannot be submitted.');
  return weight.address;
}

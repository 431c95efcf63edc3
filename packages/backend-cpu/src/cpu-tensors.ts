// What the CPU backend hands out: the interface's tensors, weights and caches, with where they are.
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
}

/** A cache of this backend: for each layer keys, then values, each `[head][position][headSize]`. */
export interface CpuKvCache extends KvCache {
  readonly regions: readonly Region[];
}

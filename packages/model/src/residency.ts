// Which segments are in memory: the cache, filled through slots of the backend, and the prefetcher that runs ahead.
import { createCache, type CachePolicy, type Cache } from '@rondo/cache';
import { loopOrder, type Prefetcher, type PrefetchStrategy } from '@rondo/prefetch';
import type { ByteSource } from '@rondo/source';
import type { Backend, Slot } from '@rondo/tensor';
import type { Weights } from './architectures/architecture.ts';
import { weightsIn, type Segment } from './segments.ts';

/** A segment in memory. */
export interface LoadedSegment {
  readonly slot: Slot;
  readonly weights: Weights<string>;
}

/** The segments of a model under a budget, by their index. */
export interface Residency {
  readonly segments: readonly Segment[];
  readonly cache: Cache<number, LoadedSegment>;
  readonly policy: CachePolicy<number>;
  readonly prefetcher: Prefetcher<number>;
  /** Bytes that a segment takes when it is loaded. */
  sizeOf(index: number): number;
  /** Whether some segments have to be read again and again. */
  readonly streams: boolean;
  /** Goes on with another strategy; what the one before has under way is cancelled. */
  setPrefetch(strategy: PrefetchStrategy): Promise<void>;
  dispose(): Promise<void>;
}

/** What residency works with. */
export interface ResidencyOptions {
  readonly segments: readonly Segment[];
  readonly source: ByteSource;
  readonly backend: Backend;
  readonly budgetBytes: number;
  readonly policy: CachePolicy<number>;
  readonly prefetch: PrefetchStrategy;
}

/** An empty residency: nothing is read before it is needed or prefetched. */
export function createResidency({
  segments,
  source,
  backend,
  budgetBytes,
  policy,
  prefetch,
}: ResidencyOptions): Residency {
  const segmentOf = (index: number): Segment => {
    const segment = segments[index];
    if (!segment) throw new RangeError(`There is no segment ${index} among ${segments.length}.`);
    return segment;
  };
  const sizeOf = (index: number) => backend.slotBytes(segmentOf(index).ranges, source.alignment);
  const allBytes = [...segments.keys()].reduce((sum, index) => sum + sizeOf(index), 0);
  const cache = createCache<number, LoadedSegment>({
    budgetBytes,
    policy,
    sizeOf,
    async load(index, signal) {
      const segment = segmentOf(index);
      const slot = backend.slot(segment.ranges, source.alignment);
      try {
        await slot.fill(source, { signal });
        return { slot, weights: weightsIn(slot, segment) };
      } catch (error) {
        slot.free();
        throw error;
      }
    },
    unload: ({ slot }) => slot.free(),
  });
  const context = {
    cache,
    next: loopOrder([...segments.keys()]),
    sizeOf: (index: number) => (segments[index] ? sizeOf(index) : undefined),
  };
  let prefetcher = prefetch(context);
  return {
    segments,
    cache,
    policy,
    sizeOf,
    get prefetcher() {
      return prefetcher;
    },
    get streams() {
      return cache.stats.budgetBytes < allBytes;
    },
    async setPrefetch(strategy) {
      const before = prefetcher;
      prefetcher = strategy(context);
      await before.stop();
    },
    async dispose() {
      await prefetcher.stop();
      await cache.dispose();
    },
  };
}

// Keeps segments in memory: in the cache, filled through slots of the backend, with a prefetcher that reads ahead.
import { checkMade } from '../common/check-arguments.ts';
import { createCache, type Cache, type CachePolicy, type Lease } from '@rondo/cache';
import type { Prefetcher, PrefetchContext, PrefetchStrategy } from '@rondo/prefetch';
import type { ByteSource } from '@rondo/source';
import type { Backend, Shape, Slot, Weight, WeightRef } from '@rondo/tensor';
import { createExpertCounts, type ExpertCounts } from './expert-counts.ts';
import type { ProfileSink } from '../profile/profile-event.ts';
import { createReadOrder, type ReadOrder } from './read-order.ts';
import { bytesAtOnce, type Stage, type Segment, type Segmentation } from './segments.ts';

/** A segment in memory. */
export interface LoadedSegment {
  readonly slot: Pick<Slot, 'free'>;
  /** The weight that a ref to this segment names. */
  weight(ref: WeightRef): Weight;
}

/** The segments of a model under a budget, by their index. */
export interface Residency {
  readonly stages: readonly Stage[];
  readonly segments: readonly Segment[];
  readonly cache: Cache<number, LoadedSegment>;
  readonly policy: CachePolicy<number>;
  readonly prefetcher: Prefetcher<number>;
  /** The order in which segments are needed, for the prefetcher. The pass runner notes the chosen experts in the order. */
  readonly readOrder: ReadOrder;
  /** Counts of experts. The pass runner notes the chosen experts in it. */
  readonly expertCounts: ExpertCounts;
  /** Bytes that a loaded segment takes. */
  sizeOf(index: number): number;
  /** Whether some segments have to be read again in each round, because not all fit. */
  readonly streams: boolean;
  /** Loads a segment for the computation, and notifies the prefetcher. Only for lease scopes, which release the lease. */
  acquire(index: number, signal: AbortSignal): Promise<Lease<LoadedSegment>>;
  /** Loads a segment for a caller that keeps it. Only for lease scopes, which release the lease. */
  keep(index: number, signal: AbortSignal): Promise<Lease<LoadedSegment>>;
  /** Bytes that a pass may hold: the budget without the kept segments. */
  readonly passBytes: number;
  /** Bytes that a pass must be able to hold at once. */
  readonly atOnceBytes: number;
  /** Sets the budget; resolves when the segments fit it. */
  resize(budgetBytes: number): Promise<void>;
  /** Calls `listener` when a caller other than the pass under way needs room. The returned function removes the listener. */
  onWanted(listener: () => void): () => void;
  /** Changes the strategy. Loads that the earlier strategy has under way are cancelled. */
  setPrefetch(strategy: PrefetchStrategy): Promise<void>;
  dispose(): Promise<void>;
}

/** Brings a segment into memory. */
export type SegmentLoader = (segment: Segment, signal: AbortSignal) => Promise<LoadedSegment>;

/** Reads segments from `source` into slots of `backend`. */
export function loaderFrom(source: ByteSource, backend: Pick<Backend, 'slot'>): SegmentLoader {
  return async (segment, signal) => {
    const slot = backend.slot(segment.ranges, source.alignment, segment.bytes);
    try {
      await slot.fill(source, { signal });
      return loadedSegment(slot);
    } catch (error) {
      slot.free();
      throw error;
    }
  };
}

/** A segment in a filled slot. A ref gives the same weight object each time, so that lists of commands can be used again. */
export function loadedSegment(slot: Pick<Slot, 'weight' | 'free'>): LoadedSegment {
  const weights = new Map<number, { readonly shape: Shape; readonly weight: Weight }>();
  return {
    slot,
    weight({ dtype, shape, offset }) {
      const known = weights.get(offset);
      if (known && (known.shape === shape || known.shape.join() === shape.join())) return known.weight;
      const weight = slot.weight(dtype, shape, offset);
      weights.set(offset, { shape, weight });
      return weight;
    },
  };
}

/** The objects and numbers that residency needs. */
export interface ResidencyOptions {
  readonly segmentation: Segmentation;
  readonly load: SegmentLoader;
  readonly budgetBytes: number;
  readonly policy: CachePolicy<number>;
  readonly prefetch: PrefetchStrategy;
  readonly profile?: ProfileSink | undefined;
}

/** An empty residency: nothing is read before it is needed or prefetched. */
export function createResidency({
  segmentation: { stages, segments, commonStays },
  load,
  budgetBytes,
  policy,
  prefetch,
  profile,
}: ResidencyOptions): Residency {
  const allBytes = segments.reduce((sum, { bytes }) => sum + bytes, 0);
  let keptBytes = 0;
  let isDisposed = false;
  const wantedListeners = new Set<() => void>();
  const want = () => {
    for (const listener of wantedListeners) listener();
  };
  /** Segments that were loaded and not used since. */
  const unused = new Set<number>();

  function segmentAt(index: number): Segment {
    const segment = segments[index];
    if (!segment) throw new RangeError(`There is no segment ${index} among ${segments.length}.`);
    return segment;
  }

  function sizeOf(index: number): number {
    return segmentAt(index).bytes;
  }

  const cache = createCache<number, LoadedSegment>({
    budgetBytes,
    policy: commonStays ? sparing(policy, (index) => segmentAt(index).tokenShare === 1) : policy,
    sizeOf,
    async load(index, signal) {
      const loaded = await load(segmentAt(index), signal);
      unused.add(index);
      expertCounts.loaded(index);
      return loaded;
    },
    unload({ slot }, index) {
      slot.free();
      expertCounts.evicted(index);
      if (!profile || isDisposed) return;
      const nowMs = performance.now();
      profile.record({ track: 'evict', name: segmentAt(index).name, startMs: nowMs, endMs: nowMs });
    },
  });

  const expertCounts = createExpertCounts({ stages, segments }, cache);
  const readOrder = createReadOrder(stages);
  /**
   * For each segment that a call of `next` looked at: the number of that call, and how many segments are needed before it,
   * skipped segments included. Each token makes a thousand calls, so no call leaves an object behind.
   */
  const lookedAtBy = new Uint32Array(segments.length);
  const steps = new Uint32Array(segments.length);
  let calls = 0;
  const stepsTo = (index: number) => (lookedAtBy[index] === calls ? (steps[index] ?? 0) : undefined);
  const context: PrefetchContext<number> = {
    cache: {
      has: cache.has,
      idle: cache.idle,
      // The prefetcher does not know the segments that `next` skipped. A skipped segment is kept if it is needed sooner than
      // `key`.
      prefetch(key, { keep, ...options } = {}) {
        const stepsToKey = stepsTo(key) ?? 0;
        const comesSooner = (other: number) => (stepsTo(other) ?? Infinity) < stepsToKey;
        return cache.prefetch(key, {
          ...options,
          keep: (other) => comesSooner(other) || keep?.(other) === true,
        });
      },
    },
    // Skips resident segments, since they need no prefetch. Segments that were loaded and not used yet are not skipped, so that
    // they count among the `count` segments.
    next(key, count) {
      const following: number[] = [];
      calls += 1;
      let step = 0;
      const look = (index: number) => {
        if (lookedAtBy[index] === calls) return;
        lookedAtBy[index] = calls;
        steps[index] = step++;
      };
      look(key);
      for (const list of readOrder.after(key)) {
        for (const index of list) {
          if (following.length === count) return following;
          look(index);
          if (!cache.has(index) || unused.has(index)) following.push(index);
        }
      }
      return following;
    },
    sizeOf: (index) => segments[index]?.bytes,
  };
  let prefetcher = prefetch(context);
  checkMade('prefetch', prefetcher, ['observe', 'stop'], 'async()');
  return {
    stages,
    segments,
    cache,
    policy,
    readOrder,
    expertCounts,
    sizeOf,
    get prefetcher() {
      return prefetcher;
    },
    get streams() {
      return cache.stats.budgetBytes < allBytes;
    },
    async acquire(index, signal) {
      await prefetcher.observe(index);
      const startMs = profile && !cache.has(index) ? performance.now() : undefined;
      const lease = await cache.acquire(index, { signal });
      if (profile && startMs !== undefined)
        profile.record({ track: 'wait', name: segmentAt(index).name, startMs, endMs: performance.now() });
      unused.delete(index);
      return lease;
    },
    async keep(index, signal) {
      const bytes = sizeOf(index);
      keptBytes += bytes;
      want();
      try {
        const lease = await cache.acquire(index, { signal });
        let released = false;
        return {
          value: lease.value,
          release() {
            if (!released) keptBytes -= bytes;
            released = true;
            lease.release();
          },
        };
      } catch (error) {
        keptBytes -= bytes;
        throw error;
      }
    },
    atOnceBytes: bytesAtOnce({ stages, segments }),
    get passBytes() {
      return cache.stats.budgetBytes - keptBytes;
    },
    async resize(bytes) {
      want();
      await cache.resize(bytes);
    },
    onWanted(listener) {
      wantedListeners.add(listener);
      return () => wantedListeners.delete(listener);
    },
    async setPrefetch(strategy) {
      const before = prefetcher;
      prefetcher = strategy(context);
      await before.stop();
    },
    async dispose() {
      isDisposed = true;
      await prefetcher.stop();
      await cache.dispose();
    },
  };
}

/**
 * The policy that evicts entries for which `isSpared` holds only if no other entry can be evicted. Spared segments are larger
 * than the others: the room of an evicted large segment would be cut up, and the memory would grow for the next large segment.
 */
function sparing(policy: CachePolicy<number>, isSpared: (index: number) => boolean): CachePolicy<number> {
  return {
    name: policy.name,
    added: (index, bytes, origin) => policy.added(index, bytes, origin),
    used: (index) => policy.used(index),
    removed: (index) => policy.removed(index),
    victim: (evictable) =>
      policy.victim((index) => !isSpared(index) && evictable(index)) ?? policy.victim(evictable),
  };
}

// The layer manager: lets a user decide which segments of the weights are in memory. A segment is a layer, or the output
// head, which comes last.
import type { Lease } from '@rondo/cache';
import { RondoError } from '@rondo/errors';
import { async as asyncPrefetch, none, type PrefetchStats } from '@rondo/prefetch';
import type { LoadedSegment, Residency } from './residency.ts';

/** A cache size: bytes, or as many as that number of the largest segments need. */
export type CacheSize = { readonly bytes: number } | { readonly layers: number };

/** A segment that stays in memory until released. */
export interface LayerLease {
  readonly name: string;
  readonly bytes: number;
  /** Idempotent. */
  release(): void;
}

/** Where the weights are at the moment. */
export interface LayersStats {
  readonly resident: readonly number[];
  readonly protected: readonly number[];
  /** What the segments may take, and take, in bytes. */
  readonly budgetBytes: number;
  readonly bytes: number;
  /** What prefetching achieved since it began or its distance was changed. */
  readonly prefetch: PrefetchStats;
}

/** The weights of a model, segment by segment: layers from 0 on, then the output head. */
export interface Layers {
  /** How many segments there are. */
  readonly count: number;
  /**
   * Brings a segment in and keeps it until the lease is released.
   *
   * @throws RondoError `BAD_ARGUMENT` for no such segment; what reading throws; the signal's reason
   */
  get(layer: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<LayerLease>;
  /** Brings segments in where there is room without pushing out what is in use; those that are there then. */
  preload(
    layers: Iterable<number>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<number[]>;
  /**
   * Brings segments in and keeps them until `clearProtection`.
   *
   * @throws RondoError `BUDGET_TOO_SMALL` when they would leave no room for the others to pass; nothing is protected then
   */
  protect(layers: Iterable<number>, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /** Lets all protected layers be evicted again. */
  clearProtection(): void;
  /**
   * Gives the segments less memory than the model was granted for them, or that much again. Resolves when they fit it.
   *
   * @throws RondoError `BUDGET_TOO_SMALL` for less than the largest segment and what is protected need, `BAD_ARGUMENT` for
   * more than was granted
   */
  setCacheSize(size: CacheSize): Promise<void>;
  /**
   * Gives the segments as much of `availableBytes` as the cache policy finds worth having, but no less than a pass needs.
   * Changes smaller than the largest segment are left alone. Resolves when they fit it.
   */
  fitTo(availableBytes: number): Promise<void>;
  /** Reads this many segments ahead; 0 reads nothing ahead. */
  setPrefetchDistance(distance: number): Promise<void>;
  /**
   * How many segments are worth keeping in `freeBytes`: in a loop each one more saves one read a round, so as many as fit,
   * the slots in which the others pass included.
   */
  optimalCacheSize(freeBytes: number): {
    readonly layers: number;
    readonly bytes: number;
    readonly hitRate: number;
  };
  /** Evicts everything that is neither in use nor protected. */
  clear(): void;
  /** Counts so far, and what is in memory now. */
  stats(): LayersStats;
}

/** The layer manager over a residency, which was granted `grantedBytes`; `releaseAll` ends every lease it gave. */
export function createLayers(residency: Residency, grantedBytes: number): Layers & { releaseAll(): void } {
  const { cache, segments, sizeOf } = residency;
  const indices = [...segments.keys()];
  const largest = Math.max(...indices.map(sizeOf));
  const allBytes = indices.reduce((sum, index) => sum + sizeOf(index), 0);
  const protectedLeases = new Map<number, Lease<LoadedSegment>>();
  const givenLeases = new Set<Lease<LoadedSegment>>();

  function check(layer: number): number {
    if (Number.isInteger(layer) && layer >= 0 && layer < segments.length) return layer;
    throw new RondoError(
      'BAD_ARGUMENT',
      `There is no segment ${layer}: they are numbered from 0 to ${segments.length - 1}, the last being the output head.`,
    );
  }

  /** Bytes without which a pass could not go on: what is protected, and the largest of the others. */
  function leastBytes(kept: Iterable<number>): number {
    const held = new Set(kept);
    const others = indices.filter((index) => !held.has(index)).map(sizeOf);
    return [...held].reduce((sum, index) => sum + sizeOf(index), 0) + Math.max(0, ...others);
  }

  function checkRoom(bytes: number, kept: Iterable<number>, what: string): void {
    const least = leastBytes(kept);
    if (bytes >= least) return;
    throw new RondoError(
      'BUDGET_TOO_SMALL',
      `${what}: ${least} bytes are needed, for what is protected and the largest of the other segments to pass, but there are ${bytes}.`,
      {
        details: { neededBytes: least, grantedBytes: bytes },
      },
    );
  }

  return {
    count: segments.length,
    async get(layer, options) {
      const lease = await cache.acquire(check(layer), options);
      givenLeases.add(lease);
      return {
        name: segments[layer]?.name ?? '',
        bytes: sizeOf(layer),
        release() {
          givenLeases.delete(lease);
          lease.release();
        },
      };
    },
    async preload(layers, options) {
      const there: number[] = [];
      for (const layer of layers) {
        if ((await cache.prefetch(check(layer), options)) !== 'refused') there.push(layer);
      }
      return there;
    },
    async protect(layers, options) {
      const wanted = [...new Set(layers)].map(check).filter((layer) => !protectedLeases.has(layer));
      checkRoom(cache.stats.budgetBytes, [...protectedLeases.keys(), ...wanted], 'Too much to protect');
      const leases = new Map<number, Lease<LoadedSegment>>();
      try {
        for (const layer of wanted) leases.set(layer, await cache.acquire(layer, options));
      } catch (error) {
        for (const lease of leases.values()) lease.release();
        throw error;
      }
      for (const [layer, lease] of leases) protectedLeases.set(layer, lease);
    },
    clearProtection() {
      for (const lease of protectedLeases.values()) lease.release();
      protectedLeases.clear();
    },
    async setCacheSize(size) {
      const bytes = 'bytes' in size ? size.bytes : size.layers * largest;
      if (!(Number.isInteger(bytes) && bytes > 0 && bytes <= Math.max(grantedBytes, allBytes))) {
        throw new RondoError(
          'BAD_ARGUMENT',
          `The cache size must be a whole number of bytes, or of layers, within the ${grantedBytes} bytes that were granted for weights; ${bytes} is not.`,
        );
      }
      const effective = Math.min(bytes, allBytes, grantedBytes);
      checkRoom(effective, protectedLeases.keys(), 'The cache size is too small');
      await cache.resize(effective);
    },
    async fitTo(availableBytes) {
      const wanted = residency.policy.roomFor?.(availableBytes) ?? availableBytes;
      const bytes = Math.floor(Math.min(allBytes, Math.max(leastBytes(protectedLeases.keys()), wanted)));
      const change = Math.abs(bytes - cache.stats.budgetBytes);
      if (change >= largest || (change > 0 && bytes === allBytes)) await cache.resize(bytes);
    },
    async setPrefetchDistance(distance) {
      if (!(Number.isInteger(distance) && distance >= 0)) {
        throw new RondoError(
          'BAD_ARGUMENT',
          `The prefetch distance must be a whole number from 0 on, not ${distance}.`,
        );
      }
      await residency.setPrefetch(distance === 0 ? none() : asyncPrefetch({ distance }));
    },
    optimalCacheSize(freeBytes) {
      if (freeBytes >= allBytes) return { layers: segments.length, bytes: allBytes, hitRate: 1 };
      const layers = Math.max(1, Math.floor(freeBytes / largest));
      return { layers, bytes: layers * largest, hitRate: Math.max(0, (layers - 1) / (segments.length - 1)) };
    },
    clear: () => cache.clear(),
    releaseAll() {
      for (const lease of [...protectedLeases.values(), ...givenLeases]) lease.release();
      protectedLeases.clear();
      givenLeases.clear();
    },
    stats() {
      const { budgetBytes, bytes } = cache.stats;
      return {
        resident: indices.filter((index) => cache.has(index)),
        protected: [...protectedLeases.keys()],
        budgetBytes,
        bytes,
        prefetch: residency.prefetcher.stats,
      };
    },
  };
}

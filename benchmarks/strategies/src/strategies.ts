// What is compared. A strategy that is added here is in every table and chart.
import { adaptive, belady, lfu, lru, pinned, protectedLru, type CachePolicy } from '@rondo/cache';
import { async, none, predictive, sync, type PrefetchStrategy } from '@rondo/prefetch';

/** A policy of the cache; an object of its own for each run. `trace` is the future, for the oracle only. */
export interface PolicyEntry {
  readonly name: string;
  create(trace: readonly number[]): CachePolicy<number>;
}

/** A prefetch strategy. */
export interface PrefetchEntry {
  readonly name: string;
  /** How many entries ahead it looks, where that is fixed. */
  readonly distance?: number | undefined;
  create(): PrefetchStrategy;
}

/** All policies, the oracle last. */
export const policies: readonly PolicyEntry[] = [
  { name: 'lru', create: () => lru() },
  { name: 'protectedLru', create: () => protectedLru() },
  { name: 'lfu', create: () => lfu() },
  { name: 'pinned', create: () => pinned() },
  { name: 'adaptive', create: () => adaptive() },
  { name: 'belady', create: belady },
];

/** How far ahead the strategies look that take a distance. */
const distances = [1, 2, 3, 4];

/** All prefetch strategies, with their distances. */
export const prefetchers: readonly PrefetchEntry[] = [
  { name: 'none', distance: 0, create: none },
  ...distances.map((distance) => ({ name: 'sync', distance, create: () => sync({ distance }) })),
  ...distances.map((distance) => ({ name: 'async', distance, create: () => async({ distance }) })),
  { name: 'predictive', create: () => predictive() },
];

/** How tables and charts name a strategy. */
export function nameOf({ name, distance }: Pick<PrefetchEntry, 'name' | 'distance'>): string {
  return distance === undefined || name === 'none' ? name : `${name} ${distance}`;
}

// The one list of strategies that the command line knows by name. A new cache policy or prefetch strategy is a line here.
import { adaptive, lfu, lru, pinned, protectedLru, type CachePolicy } from '@rondo/cache';
import { async, none, predictive, sync, type PrefetchStrategy } from '@rondo/prefetch';
import { UsageError } from './usage-error.ts';

/** Cache policies by the name that `--cache` takes. */
export const cachePolicies = {
  pinned: () => pinned<number>(),
  adaptive: () => adaptive<number>(),
  lru: () => lru<number>(),
  'protected-lru': () => protectedLru<number>(),
  lfu: () => lfu<number>(),
} as const satisfies Record<string, () => CachePolicy<number>>;

/** What `--prefetch-…` options say. */
export interface PrefetchSettings {
  /** How many segments ahead; undefined = the strategy's default. */
  readonly distance: number | undefined;
}

/** Prefetch strategies by the name that `--prefetch` takes. */
export const prefetchStrategies = {
  none({ distance }: PrefetchSettings) {
    if (distance === undefined) return none();
    throw new UsageError('--prefetch none reads nothing ahead; leave --prefetch-distance out.');
  },
  sync: ({ distance }: PrefetchSettings) => sync({ distance }),
  async: ({ distance }: PrefetchSettings) => async({ distance, concurrency: 4 }),
  predictive: ({ distance }: PrefetchSettings) => predictive({ maxDistance: distance }),
} as const satisfies Record<string, (settings: PrefetchSettings) => PrefetchStrategy>;

/** A name that `--cache` takes. */
export type CacheName = keyof typeof cachePolicies;

/** A name that `--prefetch` takes. */
export type PrefetchName = keyof typeof prefetchStrategies;

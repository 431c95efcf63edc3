// All prefetch strategies by name. A strategy is a file in this folder and an entry here: the command line, the benchmarks
// and the tests read this record.
import { asyncPrefetch } from './async-prefetch.ts';
import { none } from './none.ts';
import { predictivePrefetch } from './predictive-prefetch.ts';
import { syncPrefetch } from './sync-prefetch.ts';
import type { PrefetchStrategy } from './types.ts';

/** A prefetch strategy as `prefetchStrategies` lists it. */
export interface PrefetchStrategyEntry {
  /** What the strategy does, in a few words. */
  readonly description: string;
  /** How the number of keys ahead is chosen: by the caller, by the strategy, or not at all because no keys are fetched. */
  readonly distance: 'given' | 'found' | 'none';
  /**
   * The strategy with default settings. `distance` is the number of keys ahead that are fetched. A strategy that finds its
   * own distance takes `distance` as the maximum; a strategy that fetches nothing ignores `distance`. Undefined: the
   * strategy's default.
   *
   * @throws RondoError `BAD_ARGUMENT` for a distance that is no whole number of at least 1
   */
  create(distance?: number): PrefetchStrategy;
}

const listed = <Name extends string>(
  strategies: Record<Name, PrefetchStrategyEntry>,
): Readonly<Record<Name, PrefetchStrategyEntry>> => strategies;

/** All prefetch strategies by the name that their prefetchers report. */
export const prefetchStrategies = listed({
  none: { description: 'fetches nothing ahead', distance: 'none', create: () => none() },
  sync: {
    description: 'waits for the next entries before the computation goes on',
    distance: 'given',
    create: (distance) => syncPrefetch({ distance }),
  },
  async: {
    description: 'fetches the next entries beside the computation',
    distance: 'given',
    create: (distance) => asyncPrefetch({ distance }),
  },
  predictive: {
    description: 'learns which entries come next, and how far ahead to fetch them',
    distance: 'found',
    create: (distance) => predictivePrefetch({ maxDistance: distance }),
  },
});

/** A name in `prefetchStrategies`. */
export type PrefetchStrategyName = keyof typeof prefetchStrategies;

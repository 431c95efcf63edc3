// The compared policies and strategies: all that the packages list, each in every table and chart.
import { cachePolicies, type CachePolicyEntry } from '@rondo/cache';
import { prefetchStrategies, type PrefetchStrategy } from '@rondo/prefetch';

/** A cache policy by its name; `create` makes the policy object of one run. */
export interface PolicyEntry extends CachePolicyEntry {
  readonly name: string;
}

/** A prefetch strategy. */
export interface PrefetchEntry {
  readonly name: string;
  /** How many entries ahead it looks; undefined for a strategy that finds its distance. */
  readonly distance?: number | undefined;
  create(): PrefetchStrategy;
}

/** All policies, the oracle last. */
export const policies: readonly PolicyEntry[] = Object.entries(cachePolicies).map(([name, entry]) => ({
  name,
  ...entry,
}));

/** The distances of a strategy whose distance is given. */
const distances = [1, 2, 3, 4];

/** All prefetch strategies, with their distances. */
export const prefetchers: readonly PrefetchEntry[] = Object.entries(prefetchStrategies).flatMap(
  ([name, { distance: kind, create }]): PrefetchEntry[] => {
    if (kind === 'given')
      return distances.map((distance) => ({ name, distance, create: () => create(distance) }));
    return [{ name, distance: kind === 'none' ? 0 : undefined, create: () => create() }];
  },
);

/** The name of a strategy in tables and charts. */
export function nameOf({ name, distance }: Pick<PrefetchEntry, 'name' | 'distance'>): string {
  return distance === undefined || distance === 0 ? name : `${name} ${distance}`;
}

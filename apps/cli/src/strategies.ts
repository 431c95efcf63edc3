// The cache policies and prefetch strategies that the command line offers: all that their packages list.
import { cachePolicies, type CachePolicy, type CachePolicyEntry } from '@rondo/cache';
import { async, prefetchStrategies, type PrefetchStrategy, type PrefetchStrategyName } from '@rondo/prefetch';
import { kebabCase } from './kebab-case.ts';
import { UsageError } from './usage-error.ts';

/**
 * The policies by the names that `--cache` takes, such as `protected-lru`. Policies that need the future accesses are only for
 * replays, and are left out.
 */
export const policyOfName: ReadonlyMap<string, CachePolicyEntry> = new Map(
  Object.entries(cachePolicies)
    .filter(([, { needs }]) => needs === 'nothing')
    .map(([name, entry]) => [kebabCase(name), entry]),
);

/** A new policy with a name that `--cache` took; undefined for another name. */
export function policyOf(name: string): CachePolicy<number> | undefined {
  return policyOfName.get(name)?.create([]);
}

/** The names that `--prefetch` takes. */
export const prefetchNames = Object.keys(prefetchStrategies) as PrefetchStrategyName[];

/**
 * The strategy that `--prefetch` and `--prefetch-distance` ask for.
 *
 * @throws UsageError for a distance with a strategy that reads nothing ahead
 */
export function strategyOf(name: PrefetchStrategyName, distance: number | undefined): PrefetchStrategy {
  const { distance: kind, create } = prefetchStrategies[name];
  if (kind === 'none' && distance !== undefined)
    throw new UsageError(`--prefetch ${name} reads nothing ahead; leave --prefetch-distance out.`);
  // Four reads at once, as the default of `loadModel`.
  return name === 'async' ? async({ distance, concurrency: 4 }) : create(distance);
}

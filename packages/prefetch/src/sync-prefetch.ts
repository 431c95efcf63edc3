// Prefetch as in published layer caches. The strategy blocks twice: first for the next entry, then for the needed entry.
// It serves for comparison, not for use.
import { checkCount } from './checks.ts';
import { fetchAhead } from './fetch-ahead.ts';
import type { Prefetcher, PrefetchContext, PrefetchStrategy } from './types.ts';

/** Options of the synchronous strategy. */
export interface SyncPrefetchOptions {
  /**
   * How many keys ahead to fetch, one after another, before the computation continues: a whole number, at least 1.
   * Default 1.
   */
  readonly distance?: number | undefined;
}

/**
 * Loads the next `distance` keys, one after another, before `observe` resolves. Nothing is computed meanwhile, so no load
 * is hidden: each wait only moves to an earlier time, and waits for entries that are never needed are added. The strategy
 * can never be faster than `none`, although its hit rate is high.
 *
 * Unlike the published designs, the strategy evicts nothing that is needed sooner. `observe` does not reject because a load
 * failed, and `stop` ends the waiting. The statistics are counted as in `async`.
 *
 * @throws RondoError `BAD_ARGUMENT` for a distance that is no whole number of at least 1
 */
export function syncPrefetch({ distance = 1 }: SyncPrefetchOptions = {}): PrefetchStrategy {
  checkCount('distance', distance);

  return <K>(context: PrefetchContext<K>): Prefetcher<K> => {
    const ahead = fetchAhead(context, { concurrency: 1, bytesInFlight: Infinity, distance: () => distance });
    return {
      name: 'sync',
      async observe(key) {
        if (ahead.isStopped) return;
        ahead.aim([...new Set([key, ...context.next(key, distance)])]);
        await ahead.settled();
      },
      get stats() {
        return ahead.stats;
      },
      stop: ahead.stop,
    };
  };
}

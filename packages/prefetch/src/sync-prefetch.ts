// Prefetch as published layer caches do it. It blocks twice: for the next entry first, then for the needed entry. It is
// here for comparison, not for use.
import { checkCount } from './checks.ts';
import { fetchAhead } from './fetch-ahead.ts';
import type { Prefetcher, PrefetchContext, PrefetchStrategy } from './types.ts';

/** Options of the synchronous strategy: a whole number, at least 1. */
export interface SyncPrefetchOptions {
  /** How many keys ahead to fetch, one after another, before the computation continues. Default 1. */
  readonly distance?: number | undefined;
}

/**
 * Loads the next `distance` keys, one after another, before `observe` resolves. Nothing is computed meanwhile, so no load
 * is hidden: each wait only moves to an earlier time, and a wait for an entry that is never needed is added. It can never
 * be faster than `none`, although its hit rate is high.
 *
 * Unlike the published designs, it evicts nothing that is needed sooner. `observe` does not reject because a load failed,
 * and `stop` ends the waiting. It counts as `async` does.
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

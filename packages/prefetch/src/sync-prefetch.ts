// Prefetch as the published layer caches do it, which blocks twice: for the next entry first, then for the one that is
// needed. It is here to be compared with, not to be used.
import { checkCount } from './checks.ts';
import { fetchAhead } from './fetch-ahead.ts';
import type { Prefetcher, PrefetchContext, PrefetchStrategy } from './types.ts';

/** Options of the synchronous strategy: a whole number, at least 1. */
export interface SyncPrefetchOptions {
  /** How many keys ahead to fetch, one after another, before the computation goes on. Default 1. */
  readonly distance?: number | undefined;
}

/**
 * Loads the next `distance` keys, one after another, before `observe` resolves. Nothing is computed meanwhile, so no
 * load is hidden: each entry that would be waited for when it is needed is waited for before instead, and those that
 * turn out not to be needed are waited for in vain. It can never be faster than `none`; its hit rate looks splendid.
 *
 * Unlike the published designs it evicts nothing that is needed sooner. `observe` does not reject because a load failed,
 * and `stop` ends the waiting. Counts as `async` does.
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

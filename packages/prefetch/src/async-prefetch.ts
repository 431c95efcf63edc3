// Prefetch beside the computation: begins loads of what comes next and never makes anybody wait for them.
import { checkCount } from './checks.ts';
import { fetchAhead } from './fetch-ahead.ts';
import type { Prefetcher, PrefetchContext, PrefetchStrategy } from './types.ts';

/** Options of the asynchronous strategy: whole numbers, at least 1. */
export interface AsyncPrefetchOptions {
  /** How many keys ahead to fetch. Each needs room in the cache besides what is in use. Default 4: on a loop
   * from a slow disk that is 14 % faster than 1, and reads next to nothing more (docs/strategies.md). */
  readonly distance?: number | undefined;
  /** How many loads may be in flight at once; more of them compete for the same disk or line. Default 1. */
  readonly concurrency?: number | undefined;
  /**
   * How many bytes may be in flight at once; needs `sizeOf` of the context. An entry that is larger than this is never
   * prefetched. Default Infinity.
   */
  readonly bytesInFlight?: number | undefined;
}

/**
 * Fetches the next `distance` keys ahead, soonest first, `concurrency` at once.
 *
 * What is no longer among the next is dropped, or cancelled if it is in flight. A prefetch asks the cache to keep the
 * key just observed and all keys needed before its own. Where that leaves no room it is refused: nothing that is needed
 * later still is begun after it, and the next `observe` tries again. `observe` never waits, and does not reject because
 * a load failed: the access that needs the entry will tell.
 *
 * Of its statistics, `issued = useful + late + wasted + pending` at every instant, where pending is what is in flight or
 * loaded and not yet needed; a prefetch that the cache refuses, or finds there already, was issued until it says so.
 * What is pending at `stop` is wasted.
 *
 * @throws RondoError `BAD_ARGUMENT` for options that are no whole numbers of at least 1; from the strategy, for
 * `bytesInFlight` in a context without `sizeOf`
 */
export function asyncPrefetch({
  distance = 4,
  concurrency = 1,
  bytesInFlight = Infinity,
}: AsyncPrefetchOptions = {}): PrefetchStrategy {
  checkCount('distance', distance);
  checkCount('concurrency', concurrency);
  if (bytesInFlight !== Infinity) checkCount('bytesInFlight', bytesInFlight);

  return <K>(context: PrefetchContext<K>): Prefetcher<K> => {
    const ahead = fetchAhead(context, { concurrency, bytesInFlight, distance: () => distance });
    return {
      name: 'async',
      async observe(key) {
        if (ahead.isStopped) return;
        ahead.aim([...new Set([key, ...context.next(key, distance)])]);
      },
      get stats() {
        return ahead.stats;
      },
      stop: ahead.stop,
    };
  };
}

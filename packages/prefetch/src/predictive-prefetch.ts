// Prefetch that learns which keys come next, with which confidence, and how far ahead fetching pays.
import { RondoError, shownValue } from '@rondo/errors';
import { checkCount } from './checks.ts';
import { fetchAhead } from './fetch-ahead.ts';
import { lookahead } from './lookahead.ts';
import { orderModel, type PredictionSource } from './order-model.ts';
import type { PrefetchContext, Prefetcher } from './types.ts';

/** Options of the predictive strategy. */
export interface PredictivePrefetchOptions {
  /** The largest number of keys ahead: a whole number, at least 1. Default 8. */
  readonly maxDistance?: number | undefined;
  /** How many loads may be in flight at once: a whole number, at least 1. Default 1. */
  readonly concurrency?: number | undefined;
  /** How many bytes may be in flight at once; as for `async`. Default Infinity. */
  readonly bytesInFlight?: number | undefined;
  /** The least measured probability of a key that is fetched: above 0, at most 1. Default 0.6. */
  readonly confidence?: number | undefined;
}

/** The current predictions of the strategy. */
export interface PredictiveState {
  /** How many keys ahead the strategy fetches. */
  readonly distance: number;
  /** The confidence in the very next key, 0 to 1; 0 if no key is expected. */
  readonly confidence: number;
  /** The source of the very next key: a given order, a learned order, or the stride of numbers. */
  readonly source: PredictionSource | undefined;
}

/** A prefetcher that reports its predictions. */
export interface PredictivePrefetcher<K> extends Prefetcher<K> {
  readonly state: PredictiveState;
}

/** A `PrefetchStrategy` whose prefetchers report their predictions. */
export type PredictivePrefetchStrategy = <K>(context: PrefetchContext<K>) => PredictivePrefetcher<K>;

/**
 * Fetches the keys that are expected next. Predictions come from `next` of the context and from learned orders: loops and
 * other orders that repeat, strides and back-and-forth access of numeric keys, and which key mostly follows which key. Each
 * source is checked at every access. Its measured accuracy decides how far the source is trusted, so a wrong given order is
 * soon given up. A key less likely than `confidence` is not fetched.
 *
 * The distance starts at 1. It rises while prefetches arrive late although nothing is in flight at other times. It falls
 * when prefetches arrive more than a key too early, are wasted, or find no room. Accesses go first: no prefetch begins
 * while an access waits for a load that the access began. Refusals, cancellation and counting are as in `async`.
 *
 * Only keys that were used, that `next` named, or whose size the context's `sizeOf` knows are ever fetched.
 *
 * @throws RondoError `BAD_ARGUMENT` for options out of range; the strategy throws it for `bytesInFlight` in a context
 * without `sizeOf`
 */
export function predictivePrefetch({
  maxDistance = 8,
  concurrency = 1,
  bytesInFlight = Infinity,
  confidence = 0.6,
}: PredictivePrefetchOptions = {}): PredictivePrefetchStrategy {
  checkCount('maxDistance', maxDistance);
  checkCount('concurrency', concurrency);
  if (bytesInFlight !== Infinity) checkCount('bytesInFlight', bytesInFlight);
  if (!(confidence > 0 && confidence <= 1)) {
    throw new RondoError(
      'BAD_ARGUMENT',
      `Prefetch confidence must be above 0 and at most 1; got ${shownValue(confidence)}.`,
      { details: { confidence } },
    );
  }

  return <K>(context: PrefetchContext<K>): PredictivePrefetcher<K> => {
    const model = orderModel(context, maxDistance);
    const reach = lookahead(maxDistance);
    const ahead = fetchAhead(context, {
      concurrency,
      bytesInFlight,
      distance: () => reach.distance,
      demandFirst: true,
      onAim: (isIdle) => reach.observed(isIdle),
      onOutcome: (outcome, early) => reach.ended(outcome, early),
      onRefused: () => reach.refused(),
    });
    let believed: Pick<PredictiveState, 'confidence' | 'source'> = { confidence: 0, source: undefined };

    return {
      name: 'predictive',
      async observe(key) {
        if (ahead.isStopped) return;
        model.observe(key);
        const expected = model.ahead(maxDistance, confidence);
        believed = { confidence: expected[0]?.confidence ?? 0, source: expected[0]?.source };
        ahead.aim([...new Set([key, ...expected.map((each) => each.key)])]);
      },
      get state() {
        return { distance: reach.distance, ...believed };
      },
      get stats() {
        return ahead.stats;
      },
      stop: ahead.stop,
    };
  };
}

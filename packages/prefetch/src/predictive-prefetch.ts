// Prefetch that learns: which keys come next, how sure that is, and how far ahead it pays to fetch them.
import { RondoError, shownValue } from '@rondo/errors';
import { checkCount } from './checks.ts';
import { fetchAhead } from './fetch-ahead.ts';
import { lookahead } from './lookahead.ts';
import { orderModel, type PredictionSource } from './order-model.ts';
import type { PrefetchContext, Prefetcher } from './types.ts';

/** Options of the predictive strategy. */
export interface PredictivePrefetchOptions {
  /** The most keys ahead that it may fetch: a whole number, at least 1. Default 8. */
  readonly maxDistance?: number | undefined;
  /** How many loads may be in flight at once: a whole number, at least 1. Default 1. */
  readonly concurrency?: number | undefined;
  /** How many bytes may be in flight at once; as for `async`. Default Infinity. */
  readonly bytesInFlight?: number | undefined;
  /** How likely a key must be, by what was measured, to be fetched: above 0, at most 1. Default 0.6. */
  readonly confidence?: number | undefined;
}

/** What the strategy currently believes. */
export interface PredictiveState {
  /** How many keys ahead it fetches. */
  readonly distance: number;
  /** How sure it is of the very next key, 0 to 1; 0 when it expects none. */
  readonly confidence: number;
  /** Where it has the very next key from: an order it was given, one it learned, or the stride of numbers. */
  readonly source: PredictionSource | undefined;
}

/** A prefetcher that tells what it believes. */
export interface PredictivePrefetcher<K> extends Prefetcher<K> {
  readonly state: PredictiveState;
}

/** A `PrefetchStrategy` whose prefetchers tell what they believe. */
export type PredictivePrefetchStrategy = <K>(context: PrefetchContext<K>) => PredictivePrefetcher<K>;

/**
 * Fetches the keys that it expects next, by what `next` of the context says and by what it learned: loops and other
 * orders that repeat, strides and back-and-forth access among keys that are numbers, and which key mostly follows which.
 * Each of these is checked at every access and believed as far as it was right, so an order that was given and is wrong
 * is soon given up. Nothing is fetched that is less likely than `confidence`.
 *
 * The distance starts at 1, rises while prefetches arrive late although nothing is being fetched at other times, and falls
 * when they arrive more than a key too early, are wasted, or find no room. Accesses go first: while one waits for a load that it began itself, no
 * prefetch begins. Refusals, cancellation and counting are those of `async`.
 *
 * Only keys that were used, that `next` named, or whose size the context's `sizeOf` knows are ever fetched.
 *
 * @throws RondoError `BAD_ARGUMENT` for options out of range; from the strategy, for `bytesInFlight` in a context without
 * `sizeOf`
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

// Prefetch beside the computation: begins loads of what comes next and never makes anybody wait for them.
import { RondoError } from '@rondo/errors';
import type { Prefetcher, PrefetchContext, PrefetchStrategy } from './types.ts';

/** Options of the asynchronous strategy: whole numbers, at least 1. */
export interface AsyncPrefetchOptions {
  /** How many keys ahead to fetch. Each needs room in the cache besides what is in use. Default 1. */
  readonly distance?: number | undefined;
  /** How many loads may be in flight at once; more of them compete for the same disk or line. Default 1. */
  readonly concurrency?: number | undefined;
}

type Outcome = 'useful' | 'late' | 'wasted';

/** A prefetch that was begun; pending until it has an outcome. */
interface Attempt<K> {
  readonly key: K;
  /** How many keys had been observed when it began. */
  readonly round: number;
  readonly controller: AbortController;
  outcome: Outcome | undefined;
  ended: Promise<void>;
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
 * @throws RondoError `BAD_ARGUMENT` for options that are no whole numbers of at least 1
 */
export function asyncPrefetch({
  distance = 1,
  concurrency = 1,
}: AsyncPrefetchOptions = {}): PrefetchStrategy {
  checkCount('distance', distance);
  checkCount('concurrency', concurrency);

  return <K>(context: PrefetchContext<K>): Prefetcher<K> => {
    const { cache } = context;
    const counts = { issued: 0, useful: 0, late: 0, wasted: 0, refused: 0 };
    const pending = new Map<K, Attempt<K>>();
    const inFlight = new Map<K, Attempt<K>>();

    /** The key last observed, then those that follow it: each of them is needed before the next. */
    let order: readonly K[] = [];
    let round = 0;
    /** What was begun since the last `observe`: tried once, whatever came of it. */
    const tried = new Set<K>();
    let isRefused = false;
    let stopped: Promise<void> | undefined;

    function settle(attempt: Attempt<K>, outcome: Outcome): void {
      if (attempt.outcome !== undefined) return;
      attempt.outcome = outcome;
      counts[outcome] += 1;
      pending.delete(attempt.key);
    }

    /** It was no prefetch after all. */
    function retract(attempt: Attempt<K>): void {
      counts.issued -= 1;
      if (attempt.outcome === undefined) pending.delete(attempt.key);
      else counts[attempt.outcome] -= 1;
    }

    async function fetchAhead(attempt: Attempt<K>, sooner: ReadonlySet<K>): Promise<void> {
      const { key, controller } = attempt;
      try {
        const result = await cache.prefetch(key, {
          signal: controller.signal,
          keep: (other) => sooner.has(other),
        });
        if (result !== 'loaded') retract(attempt);
        if (result === 'refused') {
          counts.refused += 1;
          if (attempt.round === round) isRefused = true;
        }
      } catch {
        settle(attempt, 'wasted');
      }
      inFlight.delete(key);
      beginMore();
    }

    function beginMore(): void {
      for (const [position, key] of order.entries()) {
        if (stopped !== undefined || isRefused || inFlight.size >= concurrency) return;
        if (position === 0 || tried.has(key) || inFlight.has(key) || cache.has(key)) continue;
        const attempt: Attempt<K> = {
          key,
          round,
          controller: new AbortController(),
          outcome: undefined,
          ended: Promise.resolve(),
        };
        // It was loaded in an earlier round and has been evicted since.
        const earlier = pending.get(key);
        if (earlier !== undefined) settle(earlier, 'wasted');
        tried.add(key);
        counts.issued += 1;
        pending.set(key, attempt);
        inFlight.set(key, attempt);
        attempt.ended = fetchAhead(attempt, new Set(order.slice(0, position)));
      }
    }

    /** Gives every pending prefetch its outcome that has one by now. */
    function review(observed: K): void {
      for (const attempt of pending.values()) {
        const { key } = attempt;
        const isThere = cache.has(key);
        if (key === observed && isThere) settle(attempt, 'useful');
        else if (key === observed && inFlight.has(key)) settle(attempt, 'late');
        else if (!isThere && !(inFlight.has(key) && order.includes(key))) {
          settle(attempt, 'wasted');
          attempt.controller.abort(
            new DOMException('The prefetched entry is not needed next.', 'AbortError'),
          );
        }
      }
    }

    return {
      name: 'async',
      async observe(key) {
        if (stopped !== undefined) return;
        round += 1;
        isRefused = false;
        tried.clear();
        order = [...new Set([key, ...context.next(key, distance)])];
        review(key);
        beginMore();
      },
      get stats() {
        return { ...counts, inFlight: inFlight.size };
      },
      stop() {
        if (stopped !== undefined) return stopped;
        const attempts = [...inFlight.values()];
        stopped = Promise.all(attempts.map(({ ended }) => ended)).then(() => undefined);
        for (const attempt of pending.values()) settle(attempt, 'wasted');
        const reason = new DOMException('Prefetching has been stopped.', 'AbortError');
        for (const { controller } of attempts) controller.abort(reason);
        return stopped;
      },
    };
  };
}

function checkCount(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new RondoError(
    'BAD_ARGUMENT',
    `Prefetch ${name} must be a whole number of at least 1; got ${value}.`,
    {
      details: { [name]: value },
    },
  );
}

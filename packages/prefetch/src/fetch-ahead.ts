// What all strategies that fetch have in common: begins loads in the order of need within limits, cancels what is no
// longer needed, and gives each prefetch exactly one outcome. What is needed next, the strategy decides.
import { checkBytesInFlight } from './checks.ts';
import type { PrefetchContext, PrefetchStats } from './types.ts';

/** How a prefetch ended. */
export type PrefetchOutcome = 'useful' | 'late' | 'wasted';

/** Limits and observers of a fetcher. */
export interface FetchAheadOptions<K> {
  readonly concurrency: number;
  readonly bytesInFlight: number;
  /** How many keys ahead may be begun now. */
  distance(): number;
  /** Whether accesses go first: nothing is begun while a load that an access began is under way. */
  readonly demandFirst?: boolean;
  /** A prefetch ended. `early` is how many keys were observed since it was loaded; 0 unless it was useful. */
  onOutcome?(outcome: PrefetchOutcome, early: number, key: K): void;
  /** A new aim was taken; `isIdle` when nothing was in flight until then. */
  onAim?(isIdle: boolean): void;
  /** The cache had no room for one. */
  onRefused?(): void;
}

/** Fetches what it is aimed at. */
export interface FetchAhead<K> {
  /**
   * `order` is the key about to be acquired and then those that follow, each once, each needed before the next. Loads
   * of the first `distance()` of those may begin; loads in flight of others among them go on.
   */
  aim(order: readonly K[]): void;
  /** Resolves when nothing is in flight and nothing more will be begun before the next `aim`. */
  settled(): Promise<void>;
  readonly stats: PrefetchStats;
  readonly isStopped: boolean;
  stop(): Promise<void>;
}

/** A prefetch that was begun; pending until it has an outcome. */
interface Attempt<K> {
  readonly key: K;
  readonly bytes: number;
  /** How many keys had been observed when it began. */
  readonly round: number;
  readonly controller: AbortController;
  loadedRound: number | undefined;
  outcome: PrefetchOutcome | undefined;
  ended: Promise<void>;
}

/** After how many turns of the microtask queue an access that follows `observe` has reached the cache, generously. */
const TURNS_UNTIL_ACCESS = 8;

/**
 * Of its statistics, `issued = useful + late + wasted + pending` at every instant, where pending is what is in flight or
 * loaded and not yet needed; a prefetch that the cache refuses, or finds there already, was issued until it says so.
 * What is pending at `stop` is wasted.
 *
 * @throws RondoError `BAD_ARGUMENT` for a limit of bytes in flight where the context cannot tell sizes
 */
export function fetchAhead<K>(context: PrefetchContext<K>, options: FetchAheadOptions<K>): FetchAhead<K> {
  const { cache } = context;
  const { concurrency, demandFirst = false } = options;
  checkBytesInFlight(options.bytesInFlight, context.sizeOf);

  const counts = { issued: 0, useful: 0, late: 0, wasted: 0, refused: 0 };
  const pending = new Map<K, Attempt<K>>();
  const inFlight = new Map<K, Attempt<K>>();
  let bytesInFlight = 0;

  let order: readonly K[] = [];
  let round = 0;
  /** Whether the key observed last was not there and has not come since: its access needs room. */
  let isDue = false;
  /** What was begun since the last `aim`: tried once, whatever came of it. */
  const tried = new Set<K>();
  let isRefused = false;
  /** Accesses go first just now. */
  let isHeld = false;
  let settling: (() => void)[] = [];
  let stopped: Promise<void> | undefined;

  function settle(attempt: Attempt<K>, outcome: PrefetchOutcome): void {
    if (attempt.outcome !== undefined) return;
    attempt.outcome = outcome;
    counts[outcome] += 1;
    pending.delete(attempt.key);
    const early = outcome === 'useful' ? round - (attempt.loadedRound ?? round) : 0;
    options.onOutcome?.(outcome, early, attempt.key);
  }

  /** It was no prefetch after all. */
  function retract(attempt: Attempt<K>): void {
    counts.issued -= 1;
    if (attempt.outcome === undefined) pending.delete(attempt.key);
    else counts[attempt.outcome] -= 1;
  }

  async function fetchOne(attempt: Attempt<K>, position: number): Promise<void> {
    const { key, bytes, controller } = attempt;
    const sooner = new Set(order.slice(0, position));
    try {
      const result = await cache.prefetch(key, {
        signal: controller.signal,
        keep: (other) => sooner.has(other),
        leaveRoomFor: order.slice(isDue ? 0 : 1, position),
      });
      if (result === 'loaded') attempt.loadedRound = round;
      else retract(attempt);
      if (result === 'refused') {
        counts.refused += 1;
        if (attempt.round === round) isRefused = true;
        options.onRefused?.();
      }
    } catch {
      settle(attempt, 'wasted');
    }
    inFlight.delete(key);
    bytesInFlight -= bytes;
    beginMore();
  }

  function mayBegin(): boolean {
    return stopped === undefined && !isHeld && !isRefused && inFlight.size < concurrency;
  }

  function beginMore(): void {
    const [observed] = order;
    // When it has come, it may be evicted again by what is fetched here, and needs no room then.
    if (observed !== undefined && cache.has(observed)) isDue = false;
    for (const [position, key] of order.entries()) {
      if (position > options.distance() || !mayBegin()) break;
      if (position === 0 || tried.has(key) || inFlight.has(key) || cache.has(key)) continue;
      const bytes = context.sizeOf?.(key) ?? 0;
      // What can never fit is left to the access; what does not fit now is not overtaken by what is needed later.
      if (bytes > options.bytesInFlight) continue;
      if (bytesInFlight + bytes > options.bytesInFlight) break;
      const attempt: Attempt<K> = {
        key,
        bytes,
        round,
        controller: new AbortController(),
        loadedRound: undefined,
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
      bytesInFlight += bytes;
      attempt.ended = fetchOne(attempt, position);
    }
    if (inFlight.size > 0 || (isHeld && stopped === undefined)) return;
    const all = settling;
    settling = [];
    for (const resolve of all) resolve();
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
        attempt.controller.abort(new DOMException('The prefetched entry is not needed next.', 'AbortError'));
      }
    }
  }

  /** Lets the access that is about to come, and all others, have their loads first. */
  async function holdForDemand(observed: K): Promise<void> {
    const held = round;
    if (!cache.has(observed) && !inFlight.has(observed)) {
      for (let turn = 0; turn < TURNS_UNTIL_ACCESS; turn += 1) await undefined;
    }
    await cache.idle?.();
    if (round !== held) return;
    isHeld = false;
    beginMore();
  }

  return {
    aim(newOrder) {
      const [observed] = newOrder;
      if (stopped !== undefined || observed === undefined) return;
      options.onAim?.(inFlight.size === 0);
      round += 1;
      isRefused = false;
      tried.clear();
      order = newOrder;
      isDue = true;
      review(observed);
      if (demandFirst) {
        isHeld = true;
        void holdForDemand(observed);
      } else beginMore();
    },
    settled() {
      return new Promise((resolve) => {
        settling.push(resolve);
        beginMore();
      });
    },
    get stats() {
      return { ...counts, inFlight: inFlight.size, bytesInFlight };
    },
    get isStopped() {
      return stopped !== undefined;
    },
    stop() {
      if (stopped !== undefined) return stopped;
      const attempts = [...inFlight.values()];
      stopped = Promise.all(attempts.map(({ ended }) => ended)).then(() => undefined);
      for (const attempt of pending.values()) settle(attempt, 'wasted');
      const reason = new DOMException('Prefetching has been stopped.', 'AbortError');
      for (const { controller } of attempts) controller.abort(reason);
      beginMore();
      return stopped;
    },
  };
}

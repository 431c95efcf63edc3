// The common part of all strategies that fetch. It begins loads in the order of need within limits, cancels loads that
// are no longer needed, and gives each prefetch exactly one outcome. The strategy decides which keys are needed next.
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
  /** Whether accesses go first: no prefetch begins while a load that an access began is under way. */
  readonly demandFirst?: boolean;
  /** A prefetch ended. `early` is the number of keys observed since its load ended; 0 unless the prefetch was useful. */
  onOutcome?(outcome: PrefetchOutcome, early: number, key: K): void;
  /** Called for each new order; `isIdle` says whether nothing was in flight until then. */
  onAim?(isIdle: boolean): void;
  /** The cache had no room for a prefetch. */
  onRefused?(): void;
}

/** Fetches the keys of an order. */
export interface FetchAhead<K> {
  /**
   * `order` begins with the key about to be acquired, followed by the keys needed later. Each key occurs once, in the order
   * of need. Loads of the first `distance()` following keys may begin; loads in flight of the other keys continue.
   */
  aim(order: readonly K[]): void;
  /** Resolves when nothing is in flight and no load will begin before the next `aim`. */
  settled(): Promise<void>;
  readonly stats: PrefetchStats;
  readonly isStopped: boolean;
  stop(): Promise<void>;
}

/** A prefetch that was begun. The prefetch is pending until it has an outcome. */
interface Attempt<K> {
  readonly key: K;
  readonly bytes: number;
  /** The number of keys that had been observed when the prefetch began. */
  readonly round: number;
  readonly controller: AbortController;
  loadedRound: number | undefined;
  outcome: PrefetchOutcome | undefined;
  ended: Promise<void>;
}

/** The number of turns of the microtask queue after which an access that follows `observe` has surely reached the cache. */
const TURNS_UNTIL_ACCESS = 8;

/**
 * In its statistics `issued = useful + late + wasted + pending` at every instant. Pending prefetches are in flight, or
 * loaded and not yet needed. A prefetch that the cache refuses, or finds present, counts as issued until the cache
 * has answered. Prefetches pending at `stop` count as wasted.
 *
 * @throws RondoError `BAD_ARGUMENT` for a limit of bytes in flight if the context does not know sizes
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
  /** Whether the key observed last was absent and is still absent: the access to this key needs room. */
  let isDue = false;
  /** The keys begun since the last `aim`. Each key is tried once, whatever the outcome. */
  const tried = new Set<K>();
  let isRefused = false;
  /** Whether accesses go first at the moment. */
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

  /** Removes from the statistics an attempt that was no prefetch after all. */
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
    // Once the observed key is present it needs no more room, even if a prefetch evicts it again.
    if (observed !== undefined && cache.has(observed)) isDue = false;
    for (const [position, key] of order.entries()) {
      if (position > options.distance() || !mayBegin()) break;
      if (position === 0 || tried.has(key) || inFlight.has(key) || cache.has(key)) continue;
      const bytes = context.sizeOf?.(key) ?? 0;
      // An entry that can never fit is left to its access. A later key does not overtake an entry that does not fit now.
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
      // The key was loaded in an earlier round and has been evicted since.
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

  /** Records the outcome of every pending prefetch whose outcome is known by now. */
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

  /** Delays prefetches until the coming access, and all other accesses, have begun their loads. */
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

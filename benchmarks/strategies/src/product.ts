// Simulates all combinations of pattern, policy, prefetch strategy and cache size in virtual time, each with its optimum.
import { beladyHits } from '@rondo/cache';
import { countHits } from './count-hits.ts';
import { patterns, type Pattern } from './patterns.ts';
import { simulate, type RunResult, type VirtualMachine } from './simulate.ts';
import { policies, prefetchers, type PrefetchEntry } from './strategies.ts';

/** Room in the cache, in entries; there are 32. */
export const SIZES = [4, 8, 12, 16, 24];

/** The times of computing and reading one entry. */
export interface Balance {
  readonly name: string;
  readonly machine: VirtualMachine;
}

/**
 * A disk that reads an entry in 10 ms (exactly 9.99, so that it is not slower than computing), the speed of an ordinary
 * NVMe disk.
 */
function balance(name: string, computeMs: number): Balance {
  const disk = { bytesPerSecond: 1.8e9, latencyMs: 0.1, inFlight: 2 };
  return { name, machine: { disk, entryBytes: 17.8e6, computeMs } };
}

/** As in generating tokens one by one, from a disk. */
export const FAST_COMPUTING = balance('computing takes a quarter of reading', 2.5);
/** As in computing a few tokens at once. */
export const EVEN = balance('computing takes as long as reading', 10);
/** As in reading a prompt. */
const SLOW_COMPUTING = balance('computing takes four times as long', 40);

/** One run and its optimum. */
export interface Cell {
  readonly pattern: string;
  readonly balance: string;
  readonly policy: string;
  readonly prefetch: string;
  /** The prefetch distance; undefined if the strategy decides. */
  readonly distance: number | undefined;
  readonly slots: number;
  readonly accesses: number;
  readonly timeMs: number;
  /** The time that accesses waited, as the cache counts it, in milliseconds. */
  readonly stallMs: number;
  /** All time in which nothing was computed, in milliseconds: the stall, and the time that a strategy itself waits. */
  readonly idleMs: number;
  readonly hits: number;
  readonly lateHits: number;
  readonly misses: number;
  readonly evictions: number;
  /** Entries read, on demand and ahead. */
  readonly loads: number;
  readonly prefetches: number;
  readonly useful: number;
  readonly late: number;
  readonly wasted: number;
  readonly refused: number;
  /** Hits of Belady's optimum in the same cache without prefetch. */
  readonly optimumHits: number;
  /**
   * The same with the slots that prefetching at this distance leaves; undefined if none are left, or the distance is
   * unknown.
   */
  readonly optimumHitsBeside: number | undefined;
  /**
   * The least time of any strategy, in milliseconds: all computing, or reading all misses of the optimum, whichever is
   * longer.
   */
  readonly limitMs: number;
}

/** The hits of the optimum, which depend only on the trace and the room. */
export interface Optimum {
  hits(slots: number): number;
}

/** Belady's hits on `trace`; each size is computed once. */
export function optimumOf(trace: readonly number[]): Optimum {
  const known = new Map<number, number>();
  return {
    hits(slots) {
      const hits = known.get(slots) ?? beladyHits(trace, () => 1, slots).hits;
      known.set(slots, hits);
      return hits;
    },
  };
}

/** The least time, in milliseconds, that any strategy takes for `accesses` accesses with at most `hits` hits. */
export function limitMs(
  accesses: number,
  hits: number,
  { disk, entryBytes, computeMs }: VirtualMachine,
): number {
  return Math.max(accesses * computeMs, (((accesses - hits) * entryBytes) / disk.bytesPerSecond) * 1000);
}

/** Adds the optimum to the result of a run. */
export function cellOf(
  run: Pick<Cell, 'pattern' | 'balance' | 'policy' | 'slots'> & {
    readonly prefetch: PrefetchEntry;
    readonly accesses: number;
    readonly machine: VirtualMachine;
  },
  { timeMs, cache, prefetch }: RunResult,
  optimum: Optimum,
): Cell {
  const { pattern, balance, policy, slots, accesses, machine } = run;
  const { name, distance } = run.prefetch;
  const left = distance === undefined ? 0 : slots - distance;
  const optimumHits = optimum.hits(slots);
  return {
    pattern,
    balance,
    policy,
    prefetch: name,
    distance,
    slots,
    accesses,
    timeMs,
    stallMs: cache.stallMs,
    idleMs: timeMs - accesses * machine.computeMs,
    hits: cache.hits,
    lateHits: cache.lateHits,
    misses: cache.misses,
    evictions: cache.evictions,
    loads: Math.round(cache.bytesLoaded / machine.entryBytes),
    prefetches: cache.prefetches,
    useful: prefetch.useful,
    late: prefetch.late,
    wasted: prefetch.wasted,
    refused: prefetch.refused,
    optimumHits,
    optimumHitsBeside: left > 0 ? optimum.hits(left) : undefined,
    limitMs: limitMs(accesses, optimumHits, machine),
  };
}

/** Simulates all combinations, with `accesses` accesses each. */
export async function simulateProduct(accesses: number): Promise<Cell[]> {
  const cells: Cell[] = [];
  for (const pattern of patterns) {
    const balances = [FAST_COMPUTING, EVEN, ...(pattern.name === 'inference' ? [SLOW_COMPUTING] : [])];
    for (const one of balances) {
      cells.push(...(await simulatePattern(pattern, one, accesses)));
    }
  }
  return cells;
}

async function simulatePattern(pattern: Pattern, balance: Balance, accesses: number): Promise<Cell[]> {
  const { machine } = balance;
  const trace = pattern.trace(accesses);
  const keys = pattern.keys(accesses);
  const optimum = optimumOf(trace);
  const cells: Cell[] = [];
  for (const policy of policies) {
    for (const slots of SIZES) {
      for (const prefetch of prefetchers) {
        const strategies = { policy: policy.create(trace), prefetch: prefetch.create() };
        const result = await simulate({ trace, keys, slots, machine, ...strategies });
        const names = { pattern: pattern.name, balance: balance.name, policy: policy.name };
        cells.push(cellOf({ ...names, slots, prefetch, accesses, machine }, result, optimum));
      }
    }
  }
  return cells;
}

/** The hit rate of a policy without prefetch, on a long trace. */
export interface HitRate {
  readonly pattern: string;
  readonly policy: string;
  readonly slots: number;
  /** 0 to 1. */
  readonly hitRate: number;
}

/** Hit rates of all policies over `accesses` accesses; without time, so that the traces can be long. */
export function countProduct(accesses: number): HitRate[] {
  return patterns.flatMap((pattern) => {
    const trace = pattern.trace(accesses);
    return policies.flatMap((policy) =>
      SIZES.map((slots) => ({
        pattern: pattern.name,
        policy: policy.name,
        slots,
        hitRate: countHits(trace, pattern.keys(accesses), slots, policy.create(trace)) / accesses,
      })),
    );
  });
}

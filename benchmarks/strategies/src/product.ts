// The product of everything: each pattern with each policy, prefetch strategy and cache size, in virtual time, and the
// optimum beside each.
import { beladyHits } from '@rondo/cache';
import { countHits } from './count-hits.ts';
import { patterns, type Pattern } from './patterns.ts';
import { simulate, type RunResult, type VirtualMachine } from './simulate.ts';
import { policies, prefetchers, type PrefetchEntry } from './strategies.ts';

/** Room in the cache, in entries; there are 32. */
export const SIZES = [4, 8, 12, 16, 24];

/** How computing and reading one entry compare. */
export interface Balance {
  readonly name: string;
  readonly machine: VirtualMachine;
}

/** A disk that reads an entry in 10 ms (9.99, and so no slower than it is computed), at the speed of an ordinary NVMe disk. */
function balance(name: string, computeMs: number): Balance {
  const disk = { bytesPerSecond: 1.8e9, latencyMs: 0.1, inFlight: 2 };
  return { name, machine: { disk, entryBytes: 17.8e6, computeMs } };
}

/** As when tokens are generated one by one, from a disk. */
export const FAST_COMPUTING = balance('computing takes a quarter of reading', 2.5);
/** As with a few tokens at once. */
export const EVEN = balance('computing takes as long as reading', 10);
/** As with a prompt. */
const SLOW_COMPUTING = balance('computing takes four times as long', 40);

/** One run and the optimum beside it. */
export interface Cell {
  readonly pattern: string;
  readonly balance: string;
  readonly policy: string;
  readonly prefetch: string;
  /** How far ahead; undefined where the strategy decides. */
  readonly distance: number | undefined;
  readonly slots: number;
  readonly accesses: number;
  readonly timeMs: number;
  /** What accesses waited, as the cache counts it. */
  readonly stallMs: number;
  /** All the time in which nothing was computed: the stall, and what a strategy waits beside it. */
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
  /** The same with the slots that prefetching at this distance leaves; undefined where that is none, or not known. */
  readonly optimumHitsBeside: number | undefined;
  /** No strategy takes less: the longer of all computing and of reading what even the optimum misses. */
  readonly limitMs: number;
}

/** What the optimum reaches, which depends on the trace and the room only. */
export interface Optimum {
  hits(slots: number): number;
}

/** Belady's hits on `trace`, each size computed once. */
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

/** The least time that any strategy takes for `accesses` accesses of which `hits` are hits at best. */
export function limitMs(
  accesses: number,
  hits: number,
  { disk, entryBytes, computeMs }: VirtualMachine,
): number {
  return Math.max(accesses * computeMs, (((accesses - hits) * entryBytes) / disk.bytesPerSecond) * 1000);
}

/** Puts the result of a run beside the optimum. */
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

/** Simulates everything, `accesses` accesses each. */
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

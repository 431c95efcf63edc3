// Replays router traces through cache policies: every expert is an entry of one size, and all layers share the cache, as in
// the engine.
import type { CachePolicy, ExpertTrace } from '@rondo/cache';
import { countHits } from '../count-hits.ts';
import type { PolicyEntry } from '../strategies.ts';

/** The accesses of a trace: keys that name a layer and an expert, in the order in which the engine asks for experts. */
export interface ExpertAccesses {
  readonly keys: readonly number[];
  /** All keys are below this number. */
  readonly keyCount: number;
}

/** A pass asks for an expert of a layer once for all its tokens, in ascending order. */
export function accessesOf({ header, records }: ExpertTrace): ExpertAccesses {
  const keys = records.flatMap(({ layer, rows }) =>
    chosenOf(rows).map((expert) => layer * header.experts + expert),
  );
  return { keys, keyCount: header.layers * header.experts };
}

/** The experts that rows chose, in ascending order. */
export function chosenOf(rows: readonly (readonly number[])[]): number[] {
  return [...new Set(rows.flat())].toSorted((a, b) => a - b);
}

/** What a policy reached on a trace. */
export interface PolicyResult {
  readonly policy: string;
  /** The share of all experts that the cache holds. */
  readonly room: number;
  readonly hitRate: number;
  /** The hit rate of Belady's optimum, which knows the future. */
  readonly beladyHitRate: number;
}

/** The entries for which there is room in a cache of a share of all keys. */
export function slotsOf(room: number, keyCount: number): number {
  return Math.max(1, Math.round(room * keyCount));
}

/** Replays a trace through each of `policies` with each of `rooms`. `policies` has the optimum, `belady`, once. */
export function replayTrace(
  trace: ExpertTrace,
  rooms: readonly number[],
  policies: readonly Pick<PolicyEntry, 'name' | 'create'>[],
): PolicyResult[] {
  const { keys, keyCount } = accessesOf(trace);
  return rooms.flatMap((room) => {
    const rateOf = (policy: CachePolicy<number>): number =>
      countHits(keys, keyCount, slotsOf(room, keyCount), policy) / Math.max(1, keys.length);
    const rates = policies.map(({ name, create }) => ({ policy: name, hitRate: rateOf(create(keys)) }));
    const beladyHitRate = rates.find(({ policy }) => policy === 'belady')?.hitRate;
    if (beladyHitRate === undefined) throw new Error('A replay without belady has no yardstick.');
    return rates.map((rate) => ({ room, ...rate, beladyHitRate }));
  });
}

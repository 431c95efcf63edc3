// Counts what becomes of the experts that passes ask for.
import type { Cache } from '@rondo/cache';
import type { ChosenExpert } from './read-order.ts';
import { type Segmentation, segmentsOfStage } from './segments.ts';

/** Counts of experts since the model was loaded or the statistics were reset. */
export interface ExpertStats {
  /** Experts that passes asked for. All tokens of a pass that are computed together ask for an expert of a layer once. */
  readonly asked: number;
  /** Of these, the experts that were in memory as a whole when the router had chosen them. The others had to be read. */
  readonly hits: number;
  /** Bytes of experts that were brought into memory, on demand and ahead, in the size that they have there. */
  readonly bytesLoaded: number;
  /** Of `bytesLoaded`, the bytes that were loaded before a router had chosen them: read ahead, or when the model was loaded. */
  readonly bytesAhead: number;
  /** Of `bytesAhead`, the bytes that were evicted before a router chose them. */
  readonly bytesWasted: number;
}

const zero: ExpertStats = { asked: 0, hits: 0, bytesLoaded: 0, bytesAhead: 0, bytesWasted: 0 };

/** Counts experts. */
export interface ExpertCounts {
  /** The counts so far; undefined for a model without experts. */
  readonly stats: ExpertStats | undefined;
  /** Notes that the router of a layer has chosen, before any of the experts is acquired. */
  chosen(layer: number, chosen: readonly Pick<ChosenExpert, 'expert'>[]): void;
  /** Notes that a segment was loaded. */
  loaded(index: number): void;
  /** Notes that a segment was evicted. */
  evicted(index: number): void;
  reset(): void;
}

/** Counts for the experts of these stages, from zero. */
export function createExpertCounts(
  { stages, segments }: Segmentation,
  cache: Pick<Cache<number, unknown>, 'has'>,
): ExpertCounts {
  const ofExperts = new Set<number>();
  for (const stage of stages) {
    for (const index of segmentsOfStage(stage)) ofExperts.add(index);
    for (const part of [stage, stage.before, stage.after])
      for (const index of part.segments) ofExperts.delete(index);
  }
  let counts = zero;
  /** The segments of the experts that the last router has chosen. */
  let wanted: ReadonlySet<number> = new Set();
  /** Segments that were loaded ahead and have not been chosen since. */
  const ahead = new Set<number>();
  const bytesOf = (index: number) => segments[index]?.bytes ?? 0;

  return {
    get stats() {
      return ofExperts.size === 0 ? undefined : counts;
    },
    chosen(layer, chosen) {
      const parts = chosen.flatMap(({ expert }) => stages[layer]?.experts[expert] ?? []);
      const hits = parts.filter((part) => part.segments.every((index) => cache.has(index))).length;
      wanted = new Set(parts.flatMap((part) => part.segments));
      for (const index of wanted) ahead.delete(index);
      counts = { ...counts, asked: counts.asked + chosen.length, hits: counts.hits + hits };
    },
    loaded(index) {
      if (!ofExperts.has(index)) return;
      const isAhead = !wanted.has(index);
      if (isAhead) ahead.add(index);
      counts = {
        ...counts,
        bytesLoaded: counts.bytesLoaded + bytesOf(index),
        bytesAhead: counts.bytesAhead + (isAhead ? bytesOf(index) : 0),
      };
    },
    evicted(index) {
      if (ahead.delete(index)) counts = { ...counts, bytesWasted: counts.bytesWasted + bytesOf(index) };
    },
    reset() {
      counts = zero;
      // Otherwise `bytesWasted` would count bytes that were loaded before the reset, and could exceed `bytesAhead`.
      ahead.clear();
    },
  };
}

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
}

/** Counts experts. */
export interface ExpertCounts {
  /** The counts so far; undefined for a model without experts. */
  readonly stats: ExpertStats | undefined;
  /** Notes that the router of a layer has chosen, before any of the experts is acquired. */
  chosen(layer: number, chosen: readonly Pick<ChosenExpert, 'expert'>[]): void;
  /** Notes that a segment was loaded. */
  loaded(index: number): void;
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
  let [asked, hits, bytesLoaded] = [0, 0, 0];
  return {
    get stats() {
      return ofExperts.size === 0 ? undefined : { asked, hits, bytesLoaded };
    },
    chosen(layer, chosen) {
      asked += chosen.length;
      for (const { expert } of chosen)
        if (stages[layer]?.experts[expert]?.segments.every((index) => cache.has(index))) hits += 1;
    },
    loaded(index) {
      if (ofExperts.has(index)) bytesLoaded += segments[index]?.bytes ?? 0;
    },
    reset() {
      [asked, hits, bytesLoaded] = [0, 0, 0];
    },
  };
}

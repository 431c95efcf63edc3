// Measures a predictor on a router trace: how often it is right, and what reading ahead by it costs and saves.
import type { CachePolicy, ExpertTrace } from '@rondo/cache';
import type { PredictorEntry } from './predictors.ts';
import { chosenOf, slotsOf } from './replay-trace.ts';

/** What a predictor reached. Experts of a token are counted by the layer: a token uses `layers` times `used` experts. */
export interface PredictorResult {
  readonly predictor: string;
  /** The share of all experts that the cache holds. */
  readonly room: number;
  /** Of the predicted experts, the share that was chosen. 0 if nothing was predicted. */
  readonly precision: number;
  /** Of the chosen experts, the share that was predicted. */
  readonly recall: number;
  /** Of the chosen experts, the share that was in the cache, or was read ahead by a prediction. */
  readonly hitRate: number;
  /** Experts read for a record of the trace, on demand and ahead. */
  readonly reads: number;
  /** Of these, the experts that were read ahead and left the cache, or the trace ended, before any use. */
  readonly wasted: number;
}

/**
 * Replays a trace through a cache with room for a share of all experts, `room`. Before each layer, the predicted experts are read ahead;
 * a read ahead never evicts an expert that is predicted as well.
 */
export function measurePredictor(
  { header, records }: ExpertTrace,
  { name, create }: PredictorEntry,
  room: number,
  policy: CachePolicy<number>,
): PredictorResult {
  const slots = slotsOf(room, header.layers * header.experts);
  const predictor = create(header);
  const present = new Set<number>();
  /** Experts that were read ahead and not used yet. */
  const unused = new Set<number>();
  let [predicted, right, chosenCount, hits, reads, wasted] = [0, 0, 0, 0, 0, 0];

  /** Reads an expert into the cache; false if no expert may leave for it. */
  function read(key: number, origin: 'demand' | 'prefetch', mayLeave: (key: number) => boolean): boolean {
    if (present.size >= slots) {
      const victim = policy.victim(mayLeave);
      if (victim === undefined) return false;
      present.delete(victim);
      policy.removed(victim);
      if (unused.delete(victim)) wasted += 1;
    }
    present.add(key);
    policy.added(key, 1, origin);
    reads += 1;
    return true;
  }

  for (const { layer, rows } of records) {
    const keyOf = (expert: number): number => layer * header.experts + expert;
    const expected = new Set(predictor.predict(layer).map(keyOf));
    for (const key of expected) {
      if (present.has(key)) continue;
      if (read(key, 'prefetch', (other) => !expected.has(other))) unused.add(key);
    }
    const chosen = chosenOf(rows);
    predicted += expected.size;
    chosenCount += chosen.length;
    for (const key of chosen.map(keyOf)) {
      if (expected.has(key)) right += 1;
      if (present.has(key)) hits += 1;
      else read(key, 'demand', () => true);
      unused.delete(key);
      policy.used(key);
    }
    for (const row of rows) predictor.learn(layer, row);
  }
  return {
    predictor: name,
    room,
    precision: right / Math.max(1, predicted),
    recall: right / Math.max(1, chosenCount),
    hitRate: hits / Math.max(1, chosenCount),
    reads: reads / Math.max(1, records.length),
    wasted: (wasted + unused.size) / Math.max(1, records.length),
  };
}

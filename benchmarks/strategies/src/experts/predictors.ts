// Predictors of the experts of a layer, from the choices before. A predictor is an entry of the list below.
import type { ExpertTraceHeader } from '@rondo/cache';

/** Predicts which experts a layer will choose, before its router is computed. */
export interface Predictor {
  /** The experts that are expected, without repetition. */
  predict(layer: number): readonly number[];
  /** Learns what the router of `layer` chose for a token. */
  learn(layer: number, chosen: readonly number[]): void;
}

/** A predictor as the benchmark lists it. */
export interface PredictorEntry {
  readonly name: string;
  readonly description: string;
  create(header: Pick<ExpertTraceHeader, 'layers' | 'experts' | 'used'>): Predictor;
}

/** The share of the newest token in the moving average of `likely`, and the least average; as in the engine. */
const NEWEST_SHARE = 1 / 8;
const LIKELY = 1 / 2;

/** All predictors. */
export const predictors: readonly PredictorEntry[] = [
  {
    name: 'none',
    description: 'predicts nothing',
    create: () => ({ predict: () => [], learn() {} }),
  },
  {
    name: 'likely',
    description: `the experts that more than half of the latest tokens used, the newest token with a share of 1/${1 / NEWEST_SHARE}: what the engine reads ahead today`,
    create({ layers, experts }) {
      const shares = table(layers, experts);
      return {
        predict(layer) {
          const own = row(shares, layer);
          return [...own.keys()].filter((expert) => (own[expert] ?? 0) > LIKELY);
        },
        learn(layer, chosen) {
          const own = row(shares, layer);
          for (const [expert, share] of own.entries()) own[expert] = share * (1 - NEWEST_SHARE);
          for (const expert of chosen) own[expert] = (own[expert] ?? 0) + NEWEST_SHARE;
        },
      };
    },
  },
  {
    name: 'last token',
    description: 'the experts that the layer chose for the last token',
    create({ layers }) {
      const last = Array.from({ length: layers }, (): readonly number[] => []);
      return {
        predict: (layer) => last[layer] ?? [],
        learn(layer, chosen) {
          last[layer] = chosen;
        },
      };
    },
  },
  {
    name: 'most frequent',
    description: 'the experts that the layer has chosen most often, as many as a token uses',
    create({ layers, experts, used }) {
      const counts = table(layers, experts);
      return {
        predict: (layer) => highest(row(counts, layer), used),
        learn(layer, chosen) {
          const own = row(counts, layer);
          for (const expert of chosen) own[expert] = (own[expert] ?? 0) + 1;
        },
      };
    },
  },
  {
    name: 'transitions',
    description:
      'the experts that followed most often after the experts that the layer before has just chosen, as many as a token uses',
    create({ layers, experts, used }) {
      /** For each layer and each expert of the layer before: how often each expert followed. */
      const counts = Array.from({ length: layers }, () => table(experts, experts));
      let before: readonly number[] = [];
      return {
        predict(layer) {
          const sums = new Float64Array(experts);
          for (const expert of before) {
            const followers = row(counts[layer] ?? [], expert);
            for (let each = 0; each < experts; each += 1)
              sums[each] = (sums[each] ?? 0) + (followers[each] ?? 0);
          }
          return highest(sums, used);
        },
        learn(layer, chosen) {
          for (const expert of before) {
            const followers = row(counts[layer] ?? [], expert);
            for (const each of chosen) followers[each] = (followers[each] ?? 0) + 1;
          }
          before = chosen;
        },
      };
    },
  },
];

function table(rows: number, columns: number): Float64Array[] {
  return Array.from({ length: rows }, () => new Float64Array(columns));
}

function row(rows: readonly Float64Array[], index: number): Float64Array {
  const found = rows[index];
  if (found === undefined) throw new RangeError(`There is no row ${index} among ${rows.length}.`);
  return found;
}

/** The indices of the `count` highest values above 0, the highest first; of equal values, the lower index first. */
function highest(values: Float64Array, count: number): number[] {
  const best: number[] = [];
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? 0;
    const last = best.at(-1);
    if (value <= 0 || (best.length === count && value <= (values[last ?? 0] ?? 0))) continue;
    let place = best.length;
    while (place > 0 && value > (values[best[place - 1] ?? 0] ?? 0)) place -= 1;
    best.splice(place, 0, index);
    if (best.length > count) best.pop();
  }
  return best;
}

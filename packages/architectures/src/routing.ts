// Chooses the experts of a token from the scores that a layer's router gave the experts. The host computes this: the scores of
// a token are a few hundred numbers, and the host has to know the experts to read their weights.
// Source: DeepSeek-AI 2024, arXiv:2412.19437, section 2.1.2.

/** How the experts of a token and their shares are computed from the scores of a router. */
export interface Routing {
  /** The function that makes affinities of the scores. */
  readonly gate: 'softmax' | 'sigmoid';
  /** Whether the affinities of the chosen experts are divided by their sum. */
  readonly normalized: boolean;
  /** Factor of the shares. */
  readonly scale: number;
  /** A token chooses only among the experts of the best `used` of `count` groups of adjacent experts; undefined = one group. */
  readonly groups?: { readonly count: number; readonly used: number } | undefined;
}

/** An expert that a token uses, and the factor of its result. */
export interface ExpertShare {
  readonly expert: number;
  readonly share: number;
}

/** The smallest sum that affinities are divided by: the smallest normal number of half floats, as in llama.cpp. */
const LEAST_SUM = 2 ** -14;
/** A group of experts is rated by the sum of this many of its best affinities. */
const BEST_OF_GROUP = 2;

/**
 * The `used` experts of a token with the highest affinities, the highest first; of equal experts, the expert with the lower
 * number. `scores`: a finite score for each expert. `bias`: added to the affinities for the choice, but not for the shares.
 */
export function chooseExperts(
  scores: Float32Array,
  used: number,
  { gate, normalized, scale, groups }: Routing,
  bias?: Float32Array,
): ExpertShare[] {
  const affinities = gate === 'sigmoid' ? Float64Array.from(scores, sigmoid) : softmax(scores);
  const rated = bias ? affinities.map((affinity, expert) => affinity + (bias[expert] ?? 0)) : affinities;
  const open = groups ? withoutOtherGroups(rated, groups.count, groups.used) : rated;
  const chosen = best(open, used);
  const affinityOf = (expert: number) => affinities[expert] ?? Number.NaN;
  const sum = normalized
    ? Math.max(
        LEAST_SUM,
        chosen.reduce((total, expert) => total + affinityOf(expert), 0),
      )
    : 1;
  return chosen.map((expert) => ({ expert, share: (affinityOf(expert) / sum) * scale }));
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function softmax(scores: Float32Array): Float64Array {
  const largest = scores.reduce((most, score) => Math.max(most, score), Number.NEGATIVE_INFINITY);
  const exponentials = Float64Array.from(scores, (score) => Math.exp(score - largest));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}

/** The ratings, with -Infinity for the experts outside the `used` best of `count` groups. */
function withoutOtherGroups(ratings: Float64Array, count: number, used: number): Float64Array {
  const size = ratings.length / count;
  const sums = Float64Array.from({ length: count }, (_, group) => {
    const own = ratings.subarray(group * size, (group + 1) * size);
    return best(own, BEST_OF_GROUP).reduce((sum, expert) => sum + (own[expert] ?? 0), 0);
  });
  const open = new Set(best(sums, used));
  return ratings.map((rating, expert) =>
    open.has(Math.floor(expert / size)) ? rating : Number.NEGATIVE_INFINITY,
  );
}

/** The places of the `count` largest values, the largest first; of equal values, the lower place. */
function best(values: Float64Array, count: number): number[] {
  const places: number[] = [];
  for (let place = 0; place < values.length; place++) {
    const value = values[place] ?? Number.NaN;
    if (places.length === count && !(value > (values[places[count - 1] ?? 0] ?? Number.NaN))) continue;
    let at = places.length === count ? count - 1 : places.length;
    while (at > 0 && value > (values[places[at - 1] ?? 0] ?? Number.NaN)) at -= 1;
    places.splice(at, 0, place);
    places.length = Math.min(places.length, count);
  }
  return places;
}

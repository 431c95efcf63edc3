// The orders in which entries are needed. Each is a list of keys that is the same at every call.
import { randomNumbers } from '@rondo/tensor/conformance';

/** Layers of the model, or experts, or blocks. */
export const ENTRIES = 32;

/** An order in which entries are accessed. */
export interface Pattern {
  readonly name: string;
  readonly description: string;
  /** The number of different keys; more than `ENTRIES` if no key ever returns. */
  readonly keys: (accesses: number) => number;
  /** The first `accesses` keys. */
  readonly trace: (accesses: number) => number[];
}

/** The number of accesses until other experts become popular. */
const POPULARITY_LASTS = 1024;

const fixed = (): number => ENTRIES;

function fromIndex(keyAt: (index: number) => number): Pattern['trace'] {
  return (accesses) => Array.from({ length: accesses }, (_, index) => keyAt(index));
}

/** All patterns. */
export const patterns: readonly Pattern[] = [
  {
    name: 'inference',
    description: 'all 32 layers in a round, once for each token',
    keys: fixed,
    trace: fromIndex((index) => index % ENTRIES),
  },
  {
    name: 'sequential',
    description: '0, 1, 2, …: each entry once and never again',
    keys: (accesses) => accesses,
    trace: fromIndex((index) => index),
  },
  {
    name: 'back-and-forth',
    description: '0, 1, 2, 1, 2, 3, 2, 3, 4, …, past the last from the first again',
    keys: fixed,
    trace: fromIndex((index) => (Math.floor(index / 3) + (index % 3)) % ENTRIES),
  },
  {
    name: 'random',
    description: 'each of the 32 with the same chance',
    keys: fixed,
    trace: fromRandom(1, (random) => () => Math.floor(random() * ENTRIES)),
  },
  {
    name: 'experts',
    description: `by Zipf's law, the k-th most popular with a chance in proportion to 1/k; after ${POPULARITY_LASTS} accesses others are popular`,
    keys: fixed,
    trace: fromRandom(2, skewed),
  },
  {
    name: 'two sessions',
    description: 'two inferences that take turns, the second half a round ahead: 0, 16, 1, 17, …',
    keys: fixed,
    trace: fromIndex((index) => (Math.floor(index / 2) + (index % 2) * (ENTRIES / 2)) % ENTRIES),
  },
];

function fromRandom(
  seed: number,
  create: (random: () => number) => (index: number) => number,
): Pattern['trace'] {
  return (accesses) => fromIndex(create(randomNumbers(seed)))(accesses);
}

function skewed(random: () => number): (index: number) => number {
  const weights = Array.from({ length: ENTRIES }, (_, rank) => 1 / (rank + 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let byRank: number[] = [];
  return (index) => {
    if (index % POPULARITY_LASTS === 0) byRank = shuffled(random);
    let left = random() * total;
    const rank = weights.findIndex((weight) => (left -= weight) < 0);
    return byRank.at(rank) ?? 0;
  };
}

/** The shuffle of Fisher and Yates. */
function shuffled(random: () => number): number[] {
  const keys = Array.from({ length: ENTRIES }, (_, index) => index);
  for (let last = ENTRIES - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [keys[last], keys[other]] = [keys[other] ?? 0, keys[last] ?? 0];
  }
  return keys;
}

// Synthetic router traces. They stand in for traces of real models, whose weights cannot be had here.
import type { ExpertRecord, ExpertTrace } from '@rondo/cache';
import { randomNumbers } from '@rondo/tensor/conformance';

/** The shape of a mixture, as published. */
export interface MixtureShape {
  readonly name: string;
  readonly layers: number;
  readonly experts: number;
  readonly used: number;
  /** Bytes of an expert in the format that the benchmark of streaming uses. */
  readonly expertBytes: number;
}

/** Bytes of an expert of three matrices in a format of `bitsPerWeight`. */
function expertBytes(width: number, inner: number, bitsPerWeight: number): number {
  return (3 * width * inner * bitsPerWeight) / 8;
}

/** The shapes of the bars. The first is in every table. */
export const mixtureShapes: readonly MixtureShape[] = [
  { name: '35B-A3B', layers: 40, experts: 256, used: 8, expertBytes: expertBytes(2048, 512, 4.5) },
  { name: '30B-A3B', layers: 48, experts: 128, used: 8, expertBytes: expertBytes(2048, 768, 4.5) },
  { name: 'gpt-oss-20b', layers: 24, experts: 32, used: 4, expertBytes: expertBytes(2880, 2880, 4.25) },
  { name: 'gemma-4-26B-A4B', layers: 30, experts: 128, used: 8, expertBytes: expertBytes(2816, 704, 4.5) },
];

/** The chance that a token uses an expert because the token before used it. */
const KEPT = 0.5;

/**
 * A synthetic trace of `tokens` tokens, computed one at a time. The popularity of the experts of a layer follows Zipf's law
 * with s = 1: the k-th most popular has a chance in proportion to 1/k. Each layer has an order of popularity of its own.
 * Each expert of the last token is kept with a chance of a half, and the other experts are drawn by popularity, without
 * repetition. Layers know nothing of each other.
 */
export function syntheticTrace(
  { layers, experts, used }: Pick<MixtureShape, 'layers' | 'experts' | 'used'>,
  tokens: number,
  seed: number,
): ExpertTrace {
  const random = randomNumbers(seed);
  /** The sums of 1 to 1/k, by which a rank is drawn. */
  const sums = new Float64Array(experts);
  for (let rank = 0; rank < experts; rank += 1) sums[rank] = (sums[rank - 1] ?? 0) + 1 / (rank + 1);
  const drawRank = (): number => {
    const drawn = random() * (sums[experts - 1] ?? 0);
    let [low, high] = [0, experts - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] ?? 0) > drawn) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  const byRank = Array.from({ length: layers }, () => shuffled(experts, random));
  const last = byRank.map((): readonly number[] => []);
  const records: ExpertRecord[] = [];
  for (let token = 0; token < tokens; token += 1) {
    for (const [layer, order] of byRank.entries()) {
      const chosen = new Set(last[layer]?.filter(() => random() < KEPT));
      while (chosen.size < used) chosen.add(order[drawRank()] ?? 0);
      const row = [...chosen];
      last[layer] = row;
      records.push({ layer, rows: [row] });
    }
  }
  const source = `synthetic: Zipf with s = 1, each expert of the last token kept with p = ${KEPT}, seed ${seed}`;
  return { header: { layers, experts, used, source }, records };
}

/** The numbers below `count` in the shuffle of Fisher and Yates. */
function shuffled(count: number, random: () => number): number[] {
  const numbers = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [numbers[last], numbers[other]] = [numbers[other] ?? 0, numbers[last] ?? 0];
  }
  return numbers;
}

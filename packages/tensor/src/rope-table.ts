// Cosines and sines of a batch's positions, computed in double precision. All layers of a pass with the same rotation share
// one table. Used by backends.
import type { Span } from './kv-cache.ts';

/**
 * Rotary position embedding, Su et al. 2021, arXiv:2104.09864.
 *
 * `interleaved` rotates the pairs (2i, 2i+1), like llama.cpp's `LLAMA_ROPE_TYPE_NORM`; `halves` rotates the pairs
 * (i, i + size/2), like llama.cpp's `LLAMA_ROPE_TYPE_NEOX`.
 */
export interface Rope {
  readonly kind: 'interleaved' | 'halves';
  readonly headSize: number;
  /** Number of a head's values that rotate; the other values stay unchanged. */
  readonly dimensions: number;
  /** Rotation of each pair in radians per position: `dimensions / 2` numbers, see `ropeFrequencies`. */
  readonly frequencies: readonly number[];
  /** Factor of the rotated values. Default: 1. YaRN, Peng et al. 2023, arXiv:2309.00071. */
  readonly magnitude?: number | undefined;
  /**
   * Rotated values are also multiplied by `1 + scale * ln(1 + floor(position / length))`: the temperature of attention over
   * long texts, Llama 4. Default: no temperature.
   */
  readonly temperature?: { readonly scale: number; readonly length: number } | undefined;
}

/** How `ropeFrequencies` scales the frequencies. */
export interface RopeScaling {
  /** Factor of the positions. Default: 1. */
  readonly scale?: number | undefined;
  /** Divisors of the frequencies, one per pair. Default: none. */
  readonly factors?: ArrayLike<number> | undefined;
}

/** `base ** (-2 i / dimensions)` for each pair i, scaled: the `frequencies` of a `Rope`. */
export function ropeFrequencies(
  dimensions: number,
  base: number,
  { scale = 1, factors }: RopeScaling = {},
): number[] {
  return Array.from(
    { length: dimensions / 2 },
    (_, pair) => (scale * base ** ((-2 * pair) / dimensions)) / (factors?.[pair] ?? 1),
  );
}

/** The factor by which a rope multiplies the rotated values at this position. */
export function ropeMagnitude({ magnitude = 1, temperature }: Rope, position: number): number {
  if (!temperature) return magnitude;
  const { scale, length } = temperature;
  return magnitude * (1 + scale * Math.log(1 + Math.floor(position / length)));
}

/** The tables of a batch. `places` detects changed positions, since the spans can stay the same objects. */
interface Tables {
  places: string;
  readonly byRope: Map<Rope, Float32Array>;
}

const tables = new WeakMap<readonly Span[], Tables>();

/** For each row of the batch, `dimensions / 2` pairs (cosine, sine), multiplied by the magnitude. */
export function ropeTable(spans: readonly Span[], rope: Rope): Float32Array {
  const places = spans.map(({ position, tokens }) => `${position} ${tokens}`).join();
  let known = tables.get(spans);
  if (known?.places !== places) {
    known = { places, byRope: new Map() };
    tables.set(spans, known);
  }
  const table = known.byRope.get(rope) ?? compute(spans, rope);
  known.byRope.set(rope, table);
  return table;
}

function compute(spans: readonly Span[], rope: Rope): Float32Array {
  const { frequencies, dimensions } = rope;
  const rows = spans.reduce((sum, { tokens }) => sum + tokens, 0);
  const table = new Float32Array(rows * dimensions);
  let at = 0;
  for (const { position, tokens } of spans) {
    for (let row = position; row < position + tokens; row++) {
      const magnitude = ropeMagnitude(rope, row);
      for (const frequency of frequencies) {
        table[at++] = magnitude * Math.cos(row * frequency);
        table[at++] = magnitude * Math.sin(row * frequency);
      }
    }
  }
  return table;
}

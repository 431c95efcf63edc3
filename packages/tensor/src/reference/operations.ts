// What each operation means, in double precision and without a thought of speed: the yardstick for every backend.
import type { Activation, Rope } from '../backend.ts';
import { ropeMagnitude } from '../rope-table.ts';

/** x / sqrt(mean(x²) + epsilon) for each row of `width` values, times `weight` where there is one. */
export function rmsNorm(
  x: Float64Array,
  weight: ArrayLike<number> | undefined,
  epsilon: number,
  width: number,
): Float64Array {
  const out = new Float64Array(x.length);
  for (let row = 0; row < x.length; row += width) {
    let squares = 0;
    for (let i = 0; i < width; i++) squares += at(x, row + i) ** 2;
    const scale = 1 / Math.sqrt(squares / width + epsilon);
    for (let i = 0; i < width; i++) out[row + i] = at(x, row + i) * scale * (weight ? at(weight, i) : 1);
  }
  return out;
}

/** (x - mean) / sqrt(variance + epsilon) * weight for each row of `weight.length` values. */
export function layerNorm(x: Float64Array, weight: ArrayLike<number>, epsilon: number): Float64Array {
  const width = weight.length;
  const out = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += width) {
    const row = x.subarray(start, start + width);
    const mean = row.reduce((sum, value) => sum + value, 0) / width;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
    const scale = 1 / Math.sqrt(variance + epsilon);
    for (const [i, value] of row.entries()) out[start + i] = (value - mean) * scale * at(weight, i);
  }
  return out;
}

/** x · weightᵀ: x `[tokens, inWidth]`, weight `[outWidth, inWidth]`. */
export function matmul(x: Float64Array, weight: ArrayLike<number>, inWidth: number): Float64Array {
  const tokens = x.length / inWidth;
  const outWidth = weight.length / inWidth;
  const out = new Float64Array(tokens * outWidth);
  for (let token = 0; token < tokens; token++) {
    for (let row = 0; row < outWidth; row++) {
      let sum = 0;
      for (let i = 0; i < inWidth; i++) sum += at(x, token * inWidth + i) * at(weight, row * inWidth + i);
      out[token * outWidth + row] = sum;
    }
  }
  return out;
}

/** Rotates the heads of rows of `width` values, the position of each row given. */
export function rope(
  x: Float64Array,
  width: number,
  positions: readonly number[],
  options: Rope,
): Float64Array {
  const { kind, headSize, dimensions, frequencies } = options;
  const out = new Float64Array(x);
  for (const [row, position] of positions.entries()) {
    const magnitude = ropeMagnitude(options, position);
    for (let head = row * width; head < (row + 1) * width; head += headSize) {
      for (let pair = 0; pair < dimensions / 2; pair++) {
        const angle = position * at(frequencies, pair);
        const [cosine, sine] = [magnitude * Math.cos(angle), magnitude * Math.sin(angle)];
        const first = head + (kind === 'interleaved' ? 2 * pair : pair);
        const second = first + (kind === 'interleaved' ? 1 : dimensions / 2);
        out[first] = at(x, first) * cosine - at(x, second) * sine;
        out[second] = at(x, first) * sine + at(x, second) * cosine;
      }
    }
  }
  return out;
}

/**
 * Softmax(q · keysᵀ * scale) · values for one head, the scores bent by `softcap` where it is given. q `[keySize]`, keys
 * `[positions, keySize]`, values `[positions, valueSize]`.
 */
export function attend(
  q: Float64Array,
  keys: readonly Float64Array[],
  values: readonly Float64Array[],
  scale: number,
  softcap: number | undefined,
): Float64Array {
  const scores = keys.map((key) => {
    const score = scale * key.reduce((sum, value, i) => sum + value * at(q, i), 0);
    return softcap === undefined ? score : cap(score, softcap);
  });
  const largest = scores.reduce((most, score) => Math.max(most, score), Number.NEGATIVE_INFINITY);
  const weights = scores.map((score) => Math.exp(score - largest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const out = new Float64Array(values[0]?.length ?? 0);
  for (const [position, value] of values.entries()) {
    for (let i = 0; i < out.length; i++) out[i] = at(out, i) + (at(weights, position) / total) * at(value, i);
  }
  return out;
}

/** Bends x to at most `most` either way. */
export function cap(x: number, most: number): number {
  return most * Math.tanh(x / most);
}

/** `silu`: x·σ(x), Elfwing et al. 2017; `gelu`: its tanh form, Hendrycks & Gimpel 2016. */
export function activate(x: number, activation: Activation): number {
  if (activation === 'silu') return x / (1 + Math.exp(-x));
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * x * (1 + 0.044715 * x * x)));
}

/** The `count` largest values of each row of `width` values, then their columns; see `Encoder.topK`. */
export function topK(x: Float64Array, width: number, count: number): Float64Array {
  const out = new Float64Array((x.length / width) * 2 * count);
  for (let row = 0; row * width < x.length; row++) {
    const values = x.subarray(row * width, (row + 1) * width);
    const rank = (column: number) =>
      Number.isNaN(at(values, column)) ? Number.POSITIVE_INFINITY : at(values, column);
    const columns = [...values.keys()].sort((a, b) => rank(b) - rank(a) || a - b).slice(0, count);
    out.set(
      columns.map((column) => at(values, column)),
      row * 2 * count,
    );
    out.set(columns, row * 2 * count + count);
  }
  return out;
}

function at(values: ArrayLike<number>, index: number): number {
  return values[index] ?? Number.NaN;
}

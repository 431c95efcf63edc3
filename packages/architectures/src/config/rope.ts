// The rotation of queries and keys: the frequencies of the pairs, scaled for texts longer than the training texts.
import { quoted, RondoError } from '@rondo/errors';
import { ropeFrequencies, type Rope } from '@rondo/tensor';
import { fail } from './limits.ts';
import type { Metadata } from './metadata.ts';

/** The numbers of a rotation, from which a `Rope` is made. */
export interface RopeNumbers {
  readonly kind: Rope['kind'];
  readonly headSize: number;
  readonly dimensions: number;
  readonly base: number;
  /** Divisor of the positions; 1 = no scaling. */
  readonly factor: number;
  /** Factors of YaRN; undefined = scaling is linear. */
  readonly yarn: Yarn | undefined;
  /** Factor of the rotated values. */
  readonly magnitude: number;
  /** The part of `magnitude` that comes from the file and not from the scaling of positions. */
  readonly attentionFactor: number;
}

/** The numbers of YaRN, Peng et al. 2023, arXiv:2309.00071. */
interface Yarn {
  /** Pairs that make more turns than this number over the original context keep their frequency. */
  readonly fastTurns: number;
  /** The frequencies of pairs that make fewer turns than this number are divided by the whole factor. */
  readonly slowTurns: number;
  readonly originalContextLength: number;
}

/**
 * Reads a rotation. Without a type, scaling is linear. A factor of 0 means no scaling. If the factor is absent, its old key
 * is read. Source: llama.cpp, `llama_model_base::load_hparams` and the constructor of `llama_context`.
 *
 * @throws RondoError `BAD_CONFIG`, `UNSUPPORTED`
 */
export function readRope(
  keys: Metadata,
  kind: Rope['kind'],
  headSize: number,
  contextLength: number,
): RopeNumbers {
  const dimensions = readRotated(keys, 'rope.dimension_count', headSize, headSize);
  const type = keys.findString('rope.scaling.type') ?? 'linear';
  if (!['none', 'linear', 'yarn', 'longrope'].includes(type)) {
    throw new RondoError(
      'UNSUPPORTED',
      `Rope scaling ${quoted(type)} is not supported yet; "none", "linear", "yarn" and "longrope" are.`,
      { details: { scaling: type } },
    );
  }
  const given = keys.findPositive(
    keys.has('rope.scaling.factor') ? 'rope.scaling.factor' : 'rope.scale_linear',
  );
  const factor = type === 'none' ? 1 : (given ?? 1);
  const attentionFactor = keys.positive('rope.scaling.attn_factor', 1);
  const base = keys.positive('rope.freq_base', 10_000);
  const numbers = { kind, headSize, dimensions, base, factor, attentionFactor };
  if (type !== 'yarn') return { ...numbers, yarn: undefined, magnitude: attentionFactor };
  return {
    ...numbers,
    yarn: {
      fastTurns: keys.positive('rope.scaling.yarn_beta_fast', 32),
      slowTurns: keys.positive('rope.scaling.yarn_beta_slow', 1),
      originalContextLength: readOriginalContextLength(keys, contextLength),
    },
    magnitude: attentionFactor * yarnMagnitude(factor, keys.findPositive('rope.scaling.yarn_log_multiplier')),
  };
}

/**
 * Number of values of a head that rotate. Without the key: `byDefault`, if a head has at least that many values.
 *
 * @throws RondoError `BAD_CONFIG`
 */
export function readRotated(keys: Metadata, key: string, headSize: number, byDefault: number): number {
  const known = byDefault <= headSize ? byDefault : undefined;
  const dimensions = keys.integer(key, { least: 2, most: headSize }, known);
  if (dimensions % 2 !== 0) fail(`${keys.name}.${key}`, dimensions, `an even number from 2 to ${headSize}`);
  return dimensions;
}

/** Number of positions that the rotation was trained for, before it was scaled. @throws RondoError `BAD_CONFIG` */
export function readOriginalContextLength(keys: Metadata, contextLength: number): number {
  return keys.integer('rope.scaling.original_context_length', { most: 1 << 28 }, contextLength);
}

/** YaRN's factor of the rotated values. With a `logMultiplier`, that factor is divided by the factor of the multiplier. */
function yarnMagnitude(factor: number, logMultiplier: number | undefined): number {
  const magnitude = (multiplier: number) => (factor <= 1 ? 1 : 1 + 0.1 * multiplier * Math.log(factor));
  return magnitude(1) / (logMultiplier === undefined ? 1 : magnitude(logMultiplier));
}

/** The numbers of `rope` with another base and without scaling of positions. */
export function unstretched(rope: RopeNumbers, base: number): RopeNumbers {
  return { ...rope, base, factor: 1, yarn: undefined, magnitude: rope.attentionFactor };
}

/** The rotation with these numbers. */
export function ropeOf({ kind, headSize, dimensions, base, factor, yarn, magnitude }: RopeNumbers): Rope {
  const plain = ropeFrequencies(dimensions, base);
  const stretched = (pair: number) => (yarn ? stretch(yarn, pair, dimensions, base) : 1);
  const frequencies = plain.map((frequency, pair) => {
    const share = stretched(pair);
    return frequency * (share / factor + (1 - share));
  });
  return { kind, headSize, dimensions, frequencies, magnitude };
}

/** YaRN's ramp: 0 = the pair is not scaled, 1 = the whole factor scales it. The ramp's ends are whole pairs, as in llama.cpp. */
function stretch(
  { fastTurns, slowTurns, originalContextLength }: Yarn,
  pair: number,
  dimensions: number,
  base: number,
): number {
  /** The pair, as a real number, that makes `turns` turns over the original context. */
  const pairOf = (turns: number) =>
    (dimensions * Math.log(originalContextLength / (turns * 2 * Math.PI))) / (2 * Math.log(base));
  const first = Math.max(0, Math.floor(pairOf(fastTurns)));
  const last = Math.min(dimensions - 1, Math.ceil(pairOf(slowTurns)));
  return Math.min(1, Math.max(0, (pair - first) / Math.max(0.001, last - first)));
}

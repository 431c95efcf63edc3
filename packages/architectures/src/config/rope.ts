// How positions rotate queries and keys: the frequencies of the pairs, stretched for texts longer than the training's.
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
  /** Positions are divided by this; 1 = none. */
  readonly factor: number;
  /** Factors of YaRN; undefined = scaling is linear. */
  readonly yarn: Yarn | undefined;
  /** Rotated values are multiplied by this. */
  readonly magnitude: number;
  /** The part of `magnitude` that the file gives itself, and no scaling of positions. */
  readonly attentionFactor: number;
}

/** The numbers of YaRN, Peng et al. 2023, arXiv:2309.00071. */
interface Yarn {
  /** Pairs that turn more often than this over the original context keep their frequency. */
  readonly fastTurns: number;
  /** Pairs that turn less often than this are stretched by the whole factor. */
  readonly slowTurns: number;
  readonly originalContextLength: number;
}

/**
 * Reads a rotation. Without a type, scaling is linear; a factor of 0 is none, and an absent factor may stand under its old key.
 * Source: llama.cpp, `llama_model_base::load_hparams` and the constructor of `llama_context`.
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

/** How many values of a head rotate; without the key, as many as by default if it has so many. @throws RondoError `BAD_CONFIG` */
export function readRotated(keys: Metadata, key: string, headSize: number, byDefault: number): number {
  const known = byDefault <= headSize ? byDefault : undefined;
  const dimensions = keys.integer(key, { least: 2, most: headSize }, known);
  if (dimensions % 2 !== 0) fail(`${keys.name}.${key}`, dimensions, `an even number from 2 to ${headSize}`);
  return dimensions;
}

/** Positions that the rotation was trained for before it was stretched. @throws RondoError `BAD_CONFIG` */
export function readOriginalContextLength(keys: Metadata, contextLength: number): number {
  return keys.integer('rope.scaling.original_context_length', { most: 1 << 28 }, contextLength);
}

/** What YaRN multiplies rotated values by; a `logMultiplier` divides that by its own. */
function yarnMagnitude(factor: number, logMultiplier: number | undefined): number {
  const magnitude = (multiplier: number) => (factor <= 1 ? 1 : 1 + 0.1 * multiplier * Math.log(factor));
  return magnitude(1) / (logMultiplier === undefined ? 1 : magnitude(logMultiplier));
}

/** The numbers of a rotation by another base whose positions are not stretched. */
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

/** How far a pair is stretched, 0 = not at all, 1 = by the whole factor; the ramp's ends are whole pairs, as in llama.cpp. */
function stretch(
  { fastTurns, slowTurns, originalContextLength }: Yarn,
  pair: number,
  dimensions: number,
  base: number,
): number {
  /** The pair that turns so many times over the original context. */
  const pairOf = (turns: number) =>
    (dimensions * Math.log(originalContextLength / (turns * 2 * Math.PI))) / (2 * Math.log(base));
  const first = Math.max(0, Math.floor(pairOf(fastTurns)));
  const last = Math.min(dimensions - 1, Math.ceil(pairOf(slowTurns)));
  return Math.min(1, Math.max(0, (pair - first) / Math.max(0.001, last - first)));
}

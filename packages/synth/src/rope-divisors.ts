// Tensors with divisors of the rotary frequencies, one divisor for each pair of values that rotates.
import { ROPE_FACTORS } from '@rondo/architectures';
import type { SynthShape } from './shape.ts';

/** Divisor that stops the rotation of a pair, as in the files of Gemma 4. */
const UNROTATED = 1e30;

/** The tensors of a shape by their names. */
export function ropeDivisors(shape: SynthShape): Readonly<Record<string, Float32Array>> {
  const { ropeDivisors: kind, ropeFactor, ropeDimensions = shape.headSize } = shape;
  /** Divisors that differ from pair to pair, and change the result after a few tokens. */
  const growing = (step: number) =>
    Float32Array.from({ length: ropeDimensions / 2 }, (_, pair) => 1 + pair * step);
  if (kind === 'all') return { [ROPE_FACTORS.all]: growing(1 / 4) };
  if (kind === 'a quarter')
    return {
      [ROPE_FACTORS.all]: growing(0).map((one, pair) => (pair < ropeDimensions / 8 ? one : UNROTATED)),
    };
  if (kind === 'long and short')
    return { [ROPE_FACTORS.long]: growing(1 / 2), [ROPE_FACTORS.short]: growing(1 / 8) };
  return ropeFactor === undefined ? {} : { [ROPE_FACTORS.all]: llama31Divisors(shape, ropeFactor) };
}

/**
 * Llama 3.1's rule with its published settings: waves longer than the context of the first training are stretched by `factor`,
 * short waves are not stretched.
 */
function llama31Divisors({ headSize, ropeBase = 1 }: SynthShape, factor: number): Float32Array {
  const [context, low, high] = [8192, 1, 4];
  return Float32Array.from({ length: headSize / 2 }, (_, pair) => {
    const wave = 2 * Math.PI * ropeBase ** ((2 * pair) / headSize);
    const smooth = Math.min(1, Math.max(0, (context / wave - low) / (high - low)));
    return 1 / ((1 - smooth) / factor + smooth);
  });
}

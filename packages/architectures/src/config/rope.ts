// Reads how positions rotate queries and keys.
import { quoted, RondoError } from '@rondo/errors';
import { findIntegerOfLayers, findNumber, findString, type Gguf } from '@rondo/gguf';
import type { Rope } from '@rondo/tensor';
import type { ModelConfig } from '../architecture.ts';
import { fail } from './limits.ts';

/**
 * Rotary positions and their scaling. Without a type, scaling is linear; a factor of 0 is none, and an absent factor may
 * stand under its old key. Source: llama.cpp, `llama_model_base::load_hparams`.
 *
 * @throws RondoError `BAD_CONFIG`, `UNSUPPORTED`
 */
export function readRope(
  gguf: Gguf,
  name: string,
  kind: Rope['kind'],
  headSize: number,
  blocks: number,
): Pick<ModelConfig, 'rope' | 'attentionScale'> {
  const dimensionsKey = `${name}.rope.dimension_count`;
  const dimensions = findIntegerOfLayers(gguf, dimensionsKey, blocks) ?? headSize;
  if (dimensions < 2 || dimensions > headSize || dimensions % 2 !== 0)
    fail(dimensionsKey, dimensions, `an even number from 2 to ${headSize}`);
  const baseKey = `${name}.rope.freq_base`;
  const base = findNumber(gguf, baseKey) ?? 10000;
  if (!(base > 0 && base < Number.POSITIVE_INFINITY)) fail(baseKey, base, 'a positive number');
  const scaling = findString(gguf, `${name}.rope.scaling.type`) ?? 'linear';
  if (scaling !== 'none' && scaling !== 'linear') {
    throw new RondoError(
      'UNSUPPORTED',
      `Rope scaling ${quoted(scaling)} is not supported yet; "none" and "linear" are.`,
      { details: { scaling } },
    );
  }
  const [factorKey, oldFactorKey] = [`${name}.rope.scaling.factor`, `${name}.rope.scale_linear`];
  const usedKey = gguf.metadata.has(factorKey) ? factorKey : oldFactorKey;
  const factor = findNumber(gguf, usedKey) ?? 0;
  if (!(factor >= 0 && factor < Number.POSITIVE_INFINITY))
    fail(usedKey, factor, 'a positive number, or 0 for none');
  const scale = scaling === 'none' || factor === 0 ? 1 : 1 / factor;

  const attentionFactorKey = `${name}.rope.scaling.attn_factor`;
  const attentionFactor = findNumber(gguf, attentionFactorKey) ?? 1;
  if (!(attentionFactor > 0 && attentionFactor < Number.POSITIVE_INFINITY))
    fail(attentionFactorKey, attentionFactor, 'a positive number');
  if (attentionFactor !== 1 && dimensions !== headSize) {
    throw new RondoError(
      'UNSUPPORTED',
      `${attentionFactorKey} = ${attentionFactor} scales rotated values; heads of ${headSize} values of which ${dimensions} are rotated are not supported with it.`,
      { details: { key: attentionFactorKey, dimensions, headSize } },
    );
  }
  return {
    rope: { kind, headSize, dimensions, base, scale },
    // Rotation multiplies queries and keys alike, so their product has the factor twice.
    attentionScale: attentionFactor ** 2 / Math.sqrt(headSize),
  };
}

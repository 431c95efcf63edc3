// Compares the tensors of a file with the tensors that its architecture uses. A model that ignored a tensor would write
// another text.
import { RondoError, type RondoWarning } from '@rondo/errors';
import { findInteger, type Gguf } from '@rondo/gguf';
import type { Architecture, ModelConfig } from './architecture.ts';
import { attentionLayers } from './attention-layers.ts';
import { layerSpecs } from './layer-specs.ts';

/** Tensors with divisors of rotary frequencies: for all contexts, or for long contexts and for short contexts. */
export const ROPE_FACTORS = {
  all: 'rope_freqs.weight',
  long: 'rope_factors_long.weight',
  short: 'rope_factors_short.weight',
};

/**
 * Encoders of images and sound that other programs store in the same file, heads that predict further tokens, and scales for
 * kernels that quantize activations to NVFP4.
 */
const otherPart = /^(v|a|mm|resampler)\.|(^|\.)nextn\.|\.input_scale$/;
const shownNames = 5;

/**
 * Refuses a file with tensors that `architecture` does not use.
 *
 * @returns a warning if the file has parts that the model runs without
 * @throws RondoError `UNUSED_TENSOR`
 */
export function checkAllTensorsUsed(
  gguf: Gguf,
  architecture: Architecture,
  config: ModelConfig,
): RondoWarning[] {
  const used = usedTensors(gguf, architecture, config);
  const skipped: string[] = [];
  const left: string[] = [];
  const blocks = findInteger(gguf, `${architecture.name}.block_count`) ?? config.layers.length;
  for (const name of gguf.tensors.keys()) {
    if (used.has(name)) continue;
    const block = Number(/^blk\.(\d+)\./.exec(name)?.[1]);
    const predictsAhead = block >= config.layers.length && block < blocks;
    (predictsAhead || otherPart.test(name) ? skipped : left).push(name);
  }
  if (left.length > 0) throw unused(gguf, architecture, left);
  if (skipped.length === 0) return [];
  const message = `The model runs without ${skipped.length} of its tensors, which text does not need: ${listed(skipped)}.`;
  return [{ code: 'SKIPPED_TENSORS', message }];
}

function usedTensors(gguf: Gguf, architecture: Architecture, config: ModelConfig): ReadonlySet<string> {
  const used = new Set(['token_embd.weight']);
  const rotates = attentionLayers(config).some(({ rope, ropeDivisors }) => rope && ropeDivisors !== 'none');
  if (rotates) used.add(ROPE_FACTORS.all);
  if (rotates && config.hasLongRope) used.add(ROPE_FACTORS.long).add(ROPE_FACTORS.short);
  if (architecture.positionTable !== undefined) used.add(architecture.positionTable);
  if (config.layerRows) used.add(config.layerRows.table);
  const specs = Object.values(architecture.outputTensors(config, gguf.tensors));
  for (const layer of config.layers.keys())
    for (const [, spec] of layerSpecs(architecture, config, layer, gguf.tensors)) specs.push(spec);
  for (const { name, expertNames = [name] } of specs) for (const one of expertNames) used.add(one);
  return used;
}

function unused(gguf: Gguf, { name: architecture }: Architecture, names: readonly string[]): RondoError {
  const [name = ''] = names;
  const shape = gguf.tensors.get(name)?.shape ?? [];
  const others = names.slice(1);
  const count = others.length === 1 ? 'So is another one' : `So are ${others.length} others`;
  const more = others.length > 0 ? ` ${count}: ${listed(others)}.` : '';
  return new RondoError(
    'UNUSED_TENSOR',
    `The tensor "${name}" [${shape.join(', ')}] is not supported yet in the architecture "${architecture}": without it, the model would write another text.${more}`,
    { details: { name, architecture, count: names.length } },
  );
}

function listed(names: readonly string[]): string {
  const more = names.length > shownNames ? `, and ${names.length - shownNames} more` : '';
  return `${names.slice(0, shownNames).join(', ')}${more}`;
}

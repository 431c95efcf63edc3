// Reads how many experts a layer has, and how many of them each token uses.
import { findInteger, findIntegerOfLayers, type Gguf } from '@rondo/gguf';
import type { ModelConfig } from '../architecture.ts';
import { fail, LIMITS } from './limits.ts';

/**
 * The experts of every layer.
 *
 * @throws RondoError `BAD_CONFIG`
 */
export function readExperts(
  gguf: Gguf,
  name: string,
  blocks: number,
): Pick<ModelConfig, 'experts' | 'expertsUsed'> {
  const countKey = `${name}.expert_count`;
  const experts = findInteger(gguf, countKey) ?? 0;
  if (experts < 0 || experts > LIMITS.experts)
    fail(countKey, experts, `a whole number from 0 to ${LIMITS.experts}`);
  const usedKey = `${name}.expert_used_count`;
  const expertsUsed = findIntegerOfLayers(gguf, usedKey, blocks) ?? 0;
  if (experts === 0 && expertsUsed !== 0) fail(usedKey, expertsUsed, `0, as ${countKey} is`);
  if (experts > 0 && (expertsUsed < 1 || expertsUsed > experts))
    fail(usedKey, expertsUsed, `a whole number from 1 to ${experts}, which is ${countKey}`);
  return { experts, expertsUsed };
}

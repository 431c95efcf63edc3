// The list of all known architectures.
import { quoted, RondoError } from '@rondo/errors';
import { findInteger, getString, type Gguf } from '@rondo/gguf';
import type { Architecture } from './architecture.ts';
import { cohere2 } from './cohere2.ts';
import { deepseek2 } from './deepseek2.ts';
import { ernie45 } from './ernie4-5.ts';
import { exaone4 } from './exaone4.ts';
import { gemma2 } from './gemma2.ts';
import { gemma3 } from './gemma3.ts';
import { gemma4, gemma4Mixture } from './gemma4.ts';
import { glm4 } from './glm4.ts';
import { glm4moe } from './glm4moe.ts';
import { gpt2 } from './gpt2.ts';
import { gptOss } from './gpt-oss.ts';
import { granite } from './granite.ts';
import { graniteHybrid, graniteHybridMixture } from './granite-hybrid.ts';
import { granitemoe } from './granitemoe.ts';
import { hunyuanDense } from './hunyuan-dense.ts';
import { lfm2, lfm2moe } from './lfm2.ts';
import { llama } from './llama.ts';
import { mayScaleMatrices } from './matrix-scales.ts';
import { minimaxM2 } from './minimax-m2.ts';
import { mistral3 } from './mistral3.ts';
import { mixtral } from './mixtral.ts';
import { nemotronH, nemotronHMoe } from './nemotron-h.ts';
import { olmo2 } from './olmo2.ts';
import { olmoe } from './olmoe.ts';
import { phi3 } from './phi3.ts';
import { qwen2 } from './qwen2.ts';
import { qwen2moe } from './qwen2moe.ts';
import { qwen3, qwen3vl } from './qwen3.ts';
import { qwen35, qwen35moe } from './qwen35.ts';
import { qwen3moe, qwen3vlmoe } from './qwen3moe.ts';
import { qwen3next } from './qwen3next.ts';
import { seedOss } from './seed-oss.ts';
import { smollm3 } from './smollm3.ts';
import { starcoder2 } from './starcoder2.ts';

/** All known architectures. */
export const architectures: readonly Architecture[] = [
  cohere2,
  deepseek2,
  ernie45,
  exaone4,
  gemma2,
  gemma3,
  gemma4,
  gemma4Mixture,
  glm4,
  glm4moe,
  gpt2,
  gptOss,
  granite,
  graniteHybrid,
  graniteHybridMixture,
  granitemoe,
  hunyuanDense,
  lfm2,
  lfm2moe,
  llama,
  minimaxM2,
  mistral3,
  mixtral,
  nemotronH,
  nemotronHMoe,
  olmo2,
  olmoe,
  phi3,
  qwen2,
  qwen2moe,
  qwen3,
  qwen3vl,
  qwen3moe,
  qwen3vlmoe,
  qwen3next,
  qwen35,
  qwen35moe,
  seedOss,
  smollm3,
  starcoder2,
].map(mayScaleMatrices);

/**
 * The architecture that a file names.
 *
 * @throws RondoError `UNSUPPORTED_ARCHITECTURE`
 */
export function architectureOf(gguf: Gguf): Architecture {
  const name = getString(gguf, 'general.architecture');
  const hasExperts = (findInteger(gguf, `${name}.expert_count`) ?? 0) > 0;
  const found = architectures.find(
    (architecture) => architecture.name === name && (architecture.experts !== undefined) === hasExperts,
  );
  if (found) return found;
  const known = [...new Set(architectures.map((architecture) => architecture.name))].toSorted();
  throw new RondoError(
    'UNSUPPORTED_ARCHITECTURE',
    `Models of the architecture ${quoted(name)}${hasExperts ? ' with experts' : ''} are not supported yet. These are: ${known.join(', ')}. To ask for another, open an issue with the name of the architecture and the address of a model.`,
    { details: { name, known } },
  );
}

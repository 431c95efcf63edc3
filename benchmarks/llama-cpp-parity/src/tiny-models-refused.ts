// The tiny models that Rondo does not run yet, with the code of the error that each of them gets. The list only shrinks: a
// model of the list that loads fails its test.
import type { TinyModel } from '@rondo/testkit';

/** Architectures that `@rondo/architectures` does not know: `UNSUPPORTED_ARCHITECTURE`. */
const unknownArchitectures: readonly string[] = [
  'mistral3',
  'smollm3',
  'qwen2',
  'qwen3',
  'qwen3vl',
  'gemma2',
  'gemma3',
  'phi3',
  'granite',
  'olmo2',
  'glm4',
  'seed_oss',
  'exaone4',
  'hunyuan-dense',
  'ernie4_5',
  'cohere2',
  'starcoder2',
  'gpt2',
  'gemma4',
  'qwen2moe',
  'qwen3moe',
  'gpt-oss',
  'granitemoe',
  'olmoe',
  'glm4moe',
  'minimax-m2',
  'deepseek2',
  'qwen3next',
  'qwen35',
  'qwen35moe',
  'lfm2',
  'lfm2moe',
  'granitehybrid',
  'nemotron_h',
  'nemotron_h_moe',
  'bert',
  'nomic-bert',
  'modern-bert',
  'gemma-embedding',
];

/** Models of a known architecture with a part that is not supported yet. */
const unsupportedModels: Readonly<Record<string, string>> = {
  llama: 'UNUSED_TENSOR',
  'llama-yarn': 'UNSUPPORTED',
  'llama-fused-qkv': 'UNUSED_TENSOR',
};

/** The code of the error with which a model is refused; undefined for a model that runs. */
export function refusalOf({ name, architecture }: TinyModel): string | undefined {
  return (
    unsupportedModels[name] ??
    (unknownArchitectures.includes(architecture) ? 'UNSUPPORTED_ARCHITECTURE' : undefined)
  );
}

/** Every name that the lists hold: names of models and of architectures. */
export const refusedNames: readonly string[] = [...unknownArchitectures, ...Object.keys(unsupportedModels)];

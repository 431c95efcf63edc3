// The families of outputs, in the order in which a template's source is compared with them. A new family is a file in this
// folder and a line in this list; a family whose marks are a part of another's stands before the other.
import type { OutputFormat } from '../output/output-format.ts';
import { commandR7b, commandRPlus } from './cohere.ts';
import { deepseekR1, deepseekV31 } from './deepseek.ts';
import { deepseekDsml } from './deepseek-dsml.ts';
import { functionary31, functionary32 } from './functionary.ts';
import { gemma4 } from './gemma4.ts';
import { generic, genericCalls } from './generic.ts';
import { glm } from './glm.ts';
import { harmony } from './harmony.ts';
import { hermes } from './hermes.ts';
import {
  apertus,
  apriel16,
  firefunction2,
  gigachat3,
  granite3,
  nemotronNano2,
  toolCallsList,
} from './json-families.ts';
import { kimiK2 } from './kimi-k2.ts';
import { kimiK3 } from './kimi-k3.ts';
import { lfm2 } from './lfm2.ts';
import { llama3 } from './llama3.ts';
import { minicpm5 } from './minicpm5.ts';
import { minimaxM2 } from './minimax-m2.ts';
import { minimaxM3 } from './minimax-m3.ts';
import { mistral, mistralList } from './mistral.ts';
import { museGlimmer } from './muse-glimmer.ts';
import { qwen3Coder } from './qwen3-coder.ts';
import { seedOss } from './seed-oss.ts';

/** All families; the last fits every template. */
export const outputFormats: readonly OutputFormat[] = [
  museGlimmer,
  harmony,
  kimiK3,
  kimiK2,
  minimaxM3,
  minimaxM2,
  deepseekDsml,
  deepseekV31,
  deepseekR1,
  gemma4,
  lfm2,
  apertus,
  commandR7b,
  commandRPlus,
  seedOss,
  qwen3Coder,
  glm,
  minicpm5,
  functionary32,
  functionary31,
  firefunction2,
  gigachat3,
  mistralList,
  mistral,
  nemotronNano2,
  apriel16,
  toolCallsList,
  granite3,
  hermes,
  llama3,
  generic,
];

/**
 * The family of a template.
 *
 * @param hasGenericCalls whether tools are described in the generic format, because the template never reads tools
 */
export function outputFormatOf(source: string, hasGenericCalls = false): OutputFormat {
  const format = outputFormats.find((each) => each.matches(source)) ?? generic;
  return hasGenericCalls ? (format.withCalls?.(genericCalls) ?? format) : format;
}

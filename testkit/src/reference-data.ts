// The places of reference data: data that other projects produced and that tests compare with. The package
// `reference-data` contains some files; it makes or unpacks the others below `.cache` before the first test runs.
import { fileURLToPath } from 'node:url';

const committed = fileURLToPath(new URL('../../reference-data/data/', import.meta.url));
const prepared = fileURLToPath(new URL('../../.cache/reference-data/', import.meta.url));

/** All files of the demo model, by llama.cpp's names of their quantizations. */
export const demoQuantizations = [
  'f32',
  'f16',
  'bf16',
  'q8_0',
  'q6_K',
  'q5_K_M',
  'q5_1',
  'q5_0',
  'q4_K_M',
  'q4_1',
  'q4_0',
  'iq4_nl',
  'iq4_xs',
  'q3_K_M',
  'q2_K',
] as const;

/** A quantization of the demo model. */
export type DemoQuantization = (typeof demoQuantizations)[number];

const committedQuantizations: readonly DemoQuantization[] = ['f32', 'iq4_nl', 'iq4_xs', 'q3_K_M', 'q2_K'];

/** Path of the demo model's file in a quantization. */
export function demoModelPath(quantization: DemoQuantization): string {
  if (quantization === 'q8_0')
    return fileURLToPath(new URL('../../packages/demo-model/data/shakespeare-q8_0.gguf', import.meta.url));
  const folder = committedQuantizations.includes(quantization) ? committed : prepared;
  return `${folder}demo-model/shakespeare-${quantization}.gguf`;
}

/** Path of a text beside the demo model: results of llama.cpp and of the training framework, or the text for perplexity. */
export function demoReferencePath(name: 'RESULTS.json' | 'valid.txt'): string {
  return `${committed}demo-model/${name}`;
}

/** Path of random blocks of a data type (`Q4_0.quant`), of their values (`Q4_0.f32`), or of the list of both. */
export function quantFixturePath(name: string): string {
  return `${committed}quants/${name}`;
}

/** Path of a file or folder of llama.cpp's source, such as `models/ggml-vocab-gpt-2.gguf`; `models`, `tests` and `src/llama-vocab.cpp` are there. */
export function llamaCppPath(path: string): string {
  return `${prepared}llama-cpp/${path}`;
}

/** Folder of the Chromium and the software adapter for WebGPU from npm. */
export const chromiumFolder = `${prepared}chromium/`;

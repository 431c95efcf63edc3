// Where the data lies that no part of this project produced and that tests compare with. The package `reference-data`
// holds some files; it makes or unpacks the others below `.cache` before the first test runs.
import { fileURLToPath } from 'node:url';

const committed = fileURLToPath(new URL('../../reference-data/data/', import.meta.url));
const prepared = fileURLToPath(new URL('../../.cache/reference-data/', import.meta.url));

/** All files of the demo model, by what llama.cpp calls their quantization. */
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

/** Path of a text beside the demo model: what llama.cpp and the training framework gave, or the text that perplexity is of. */
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

/** Folder of the Chromium and the software adapter for WebGPU that come from npm. */
export const chromiumFolder = `${prepared}chromium/`;

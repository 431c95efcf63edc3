// The demo model as tests use it: its bytes, a small budget, and greedy ids.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { demoModelUrl } from '@rondo/demo-model';
import { encodeGguf, readGguf, type MetadataValue, type TensorToWrite } from '@rondo/gguf';
import { memory, type ByteSource } from '@rondo/source';
import type { LoadOptions } from '../../src/engine/load-options.ts';
import { loadModel } from '../../src/load-model.ts';
import type { Model } from '../../src/model.ts';

/** Path of the demo model, Q8_0. */
export const demoPath = fileURLToPath(demoModelUrl);

/** Its content. */
export const demoBytes = (): Promise<Uint8Array> => readFile(demoPath);

/** Its content as a source that needs no file. */
export const demoSource = async (): Promise<ByteSource> => memory(await demoBytes());

/** The demo model, or another file, with changes to its metadata and its tensors. */
export async function edited(
  change: (metadata: Map<string, MetadataValue>, tensors: Map<string, TensorToWrite>) => void,
  file?: Uint8Array,
): Promise<Uint8Array> {
  const bytes = file ?? (await demoBytes());
  const gguf = await readGguf(memory(bytes));
  const metadata = new Map(gguf.metadata);
  const tensors = new Map<string, TensorToWrite>(
    [...gguf.tensors].map(([name, { dtype, shape, offset, bytes: length }]) => [
      name,
      { name, dtype, shape, data: bytes.subarray(offset, offset + length) },
    ]),
  );
  change(metadata, tensors);
  return encodeGguf({ metadata, tensors: [...tensors.values()] });
}

/** A context that is enough for the tests' prompts. */
export const CONTEXT = 128;

/** With `CONTEXT`, leaves room for the weights of three layers; `streaming.test.ts` checks that it does. */
export const THREE_LAYERS = '4.4MB';

/** Loads the demo model with a small context. */
export const loadDemo = (options: LoadOptions = {}): Promise<Model> =>
  loadModel(demoPath, { context: CONTEXT, ...options });

/** Greedy ids after a prompt. */
export async function greedy(
  model: Model,
  prompt: string | readonly number[],
  maxTokens: number,
): Promise<number[]> {
  const ids: number[] = [];
  for await (const { tokenId } of model.generate(prompt, { maxTokens, temperature: 0 })) {
    if (tokenId !== undefined) ids.push(tokenId);
  }
  return ids;
}

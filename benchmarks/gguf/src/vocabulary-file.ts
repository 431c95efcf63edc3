// A GGUF file with a header as long as Llama 3's: 128,000 tokens with scores and types, and 280,000 merges.
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeGguf, type MetadataValue, type TensorToWrite } from '@rondo/gguf';
import { randomNumbers } from '@rondo/tensor/conformance';

/** Tokens of the vocabulary. */
export const TOKENS = 128_000;
/** Pairs that byte-level BPE joins. */
export const MERGES = 280_000;
/** The number of tensors of Llama 3.1 8B. */
const TENSORS = 291;

/** A file that is deleted on disposal. */
export interface TemporaryFile extends AsyncDisposable {
  readonly path: string;
  readonly bytes: number;
}

/** Writes the file to a temporary folder. */
export async function createVocabularyFile(): Promise<TemporaryFile> {
  const folder = await mkdtemp(join(tmpdir(), 'rondo-bench-gguf-'));
  const path = join(folder, 'vocabulary.gguf');
  const handle = await open(path, 'w');
  for await (const piece of writeGguf({ metadata: metadata(), tensors: tensors() })) {
    await handle.writeFile(piece);
  }
  const { size } = await handle.stat();
  await handle.close();
  return { path, bytes: size, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

function metadata(): [string, MetadataValue][] {
  const random = randomNumbers(3);
  const word = wordMaker(random);
  const tokens = new Set<string>();
  while (tokens.size < TOKENS) tokens.add(word());
  const merges = Array.from({ length: MERGES }, () => `${word()} ${word()}`);
  return [
    ['general.architecture', { type: 'string', value: 'llama' }],
    ['llama.block_count', { type: 'u32', value: 32 }],
    ['tokenizer.ggml.model', { type: 'string', value: 'gpt2' }],
    ['tokenizer.ggml.tokens', { type: 'array', of: 'string', value: [...tokens] }],
    [
      'tokenizer.ggml.scores',
      { type: 'array', of: 'f32', value: Float32Array.from(tokens, () => -random()) },
    ],
    ['tokenizer.ggml.token_type', { type: 'array', of: 'i32', value: Int32Array.from(tokens, () => 1) }],
    ['tokenizer.ggml.merges', { type: 'array', of: 'string', value: merges }],
  ];
}

/** Words of a byte-level vocabulary: most with a space in front, which is written Ġ, some in letters beyond ASCII. */
function wordMaker(random: () => number): () => string {
  const alphabets = ['etaoinshrdlcumwfgypbvk', 'ETAOINSHRDL', 'áéíóúñçÐ¸Ð°ã', '0123456789_(){}="'];
  return () => {
    const kind = random();
    const alphabet = alphabets[kind < 0.75 ? 0 : kind < 0.85 ? 1 : kind < 0.95 ? 2 : 3] ?? '';
    let text = random() < 0.5 ? 'Ġ' : '';
    const length = 1 + Math.floor(random() * random() * 14);
    for (let i = 0; i < length; i++) text += alphabet.charAt(Math.floor(random() * alphabet.length));
    return text;
  };
}

function tensors(): TensorToWrite[] {
  const data = new Uint8Array(32);
  return Array.from({ length: TENSORS }, (_, i) => ({
    name: `blk.${i >> 3}.tensor_${i}.weight`,
    dtype: 'F32',
    shape: [2, 4],
    data,
  }));
}

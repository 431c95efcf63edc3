// The largest real vocabulary at hand: Qwen2's, out of llama.cpp's vocabulary file.
import { readGguf } from '@rondo/gguf';
import { file } from '@rondo/source';
import { llamaCppPath } from '@rondo/testkit';

/** Control tokens and unused tokens, by llama.cpp's numbers of token types. */
const notText = new Set([3, 5]);

/** The bytes of each token, and the ids of the tokens that end a text. */
export interface RealVocabulary {
  readonly name: string;
  readonly tokenBytes: readonly (Uint8Array | undefined)[];
  readonly endTokens: readonly number[];
}

/** Reads Qwen2's vocabulary of 151,936 tokens. */
export async function readVocabulary(): Promise<RealVocabulary> {
  const source = await file(llamaCppPath('models/ggml-vocab-qwen2.gguf'));
  try {
    const { metadata } = await readGguf(source);
    const tokens = metadata.get('tokenizer.ggml.tokens')?.value as readonly string[];
    const types = metadata.get('tokenizer.ggml.token_type')?.value as Int32Array;
    const byteOf = bytesOfLetters();
    return {
      name: 'Qwen2',
      tokenBytes: Array.from(tokens, (token, id) =>
        notText.has(types[id] ?? 1)
          ? undefined
          : Uint8Array.from(token, (letter) => byteOf.get(letter) ?? 0x3f),
      ),
      endTokens: [Number(metadata.get('tokenizer.ggml.eos_token_id')?.value)],
    };
  } finally {
    await source.close();
  }
}

/**
 * The byte of each letter that stands for one in byte-level vocabularies.
 * Source: bytes_to_unicode in openai/gpt-2, encoder.py.
 */
function bytesOfLetters(): Map<string, number> {
  const isPrintable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  const letters = new Map<string, number>();
  let next = 256;
  for (let byte = 0; byte < 256; byte++) {
    letters.set(String.fromCodePoint(isPrintable(byte) ? byte : next++), byte);
  }
  return letters;
}

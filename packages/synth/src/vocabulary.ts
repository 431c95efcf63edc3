// A SentencePiece-style vocabulary of any size, so that a synthetic model reads and writes text: control tokens, the 256
// bytes, printable characters, then longer and longer runs of letters.
import type { MetadataValue } from '@rondo/gguf';

/** Token types of `tokenizer.ggml.token_type`. Source: llama.h, `llama_token_type`. */
const NORMAL = 1;
const UNKNOWN = 2;
const CONTROL = 3;
const BYTE = 6;

const letters = 'etaoinshrdlcumwfgypbvkjxqz';
/** How SentencePiece writes a space. */
const SPACE = '\u2581';
/** Number of control tokens and bytes, which every SentencePiece vocabulary has. */
const LEAST_TOKENS = 3 + 256;

/** The metadata of a vocabulary of `size` tokens, at least 259. */
export function synthVocabulary(size: number): [string, MetadataValue][] {
  if (size < LEAST_TOKENS)
    throw new RangeError(`A vocabulary has at least ${LEAST_TOKENS} tokens, not ${size}.`);
  const tokens = ['<unk>', '<s>', '</s>'];
  for (let byte = 0; byte < 256; byte++)
    tokens.push(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
  const texts = pieces();
  while (tokens.length < size) {
    const { value } = texts.next();
    if (value) tokens.push(value);
  }
  const types = Int32Array.from(tokens, (_, id) => {
    if (id === 0) return UNKNOWN;
    return id < 3 ? CONTROL : id < LEAST_TOKENS ? BYTE : NORMAL;
  });
  // Earlier pieces are shorter, and merge first.
  const scores = Float32Array.from(tokens, (_, id) => (id < LEAST_TOKENS ? 0 : LEAST_TOKENS - id));
  return [
    ['tokenizer.ggml.model', { type: 'string', value: 'llama' }],
    ['tokenizer.ggml.tokens', { type: 'array', of: 'string', value: tokens }],
    ['tokenizer.ggml.scores', { type: 'array', of: 'f32', value: scores }],
    ['tokenizer.ggml.token_type', { type: 'array', of: 'i32', value: types }],
    ['tokenizer.ggml.bos_token_id', { type: 'u32', value: 1 }],
    ['tokenizer.ggml.eos_token_id', { type: 'u32', value: 2 }],
    ['tokenizer.ggml.unknown_token_id', { type: 'u32', value: 0 }],
    ['tokenizer.ggml.add_bos_token', { type: 'bool', value: true }],
  ];
}

/** An endless sequence of distinct texts: single characters, then runs of letters, each with and without a leading space. */
function* pieces(): Generator<string, never, void> {
  yield SPACE;
  for (let code = 33; code < 127; code++) yield String.fromCharCode(code);
  let runs = [...letters];
  for (const run of runs) yield SPACE + run;
  for (;;) {
    runs = runs.flatMap((run) => [...letters].map((letter) => run + letter));
    for (const run of runs) {
      yield run;
      yield SPACE + run;
    }
  }
}

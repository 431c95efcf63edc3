// Fuzzing of vocabularies: each vocabulary is refused by a promised error, or makes a tokenizer. The plain text of such a
// tokenizer becomes no control token, its ids are the same at once and in steps, and the ids decode to the text.
import { isRondoError } from '@rondo/errors';
import { fuzz, fuzzEffort, fuzzTimeoutMs } from '@rondo/testkit/fuzz';
import { expect, it } from 'vitest';
import { createTokenizer, noToken, type Vocabulary } from './index.ts';

const models = ['gpt2', 'llama', 'bert', 't5', 'rwkv', 'gemma4', 'whitespace', 'other'];
const pres = [undefined, '', 'gpt-2', 'default', 'llama-bpe', 'deepseek-coder', 'tiny_aya', 'gemma4', 'none'];

/**
 * Lines of tokens, each with a digit for its type in front; then, after an empty line, merges. The first bytes choose the
 * other settings.
 */
function vocabularyOf(input: Uint8Array): Vocabulary {
  const [kind = 0, pre = 0, ids = 0, ...rest] = input;
  const [tokenLines = '', mergeLines = ''] = new TextDecoder().decode(Uint8Array.from(rest)).split('\n\n');
  const lines = tokenLines.split('\n');
  const id = (shift: number) =>
    ((ids >> shift) & 3) === 3 ? noToken : ((ids >> shift) & 3) === 2 ? undefined : ids % 7;
  return {
    model: models[kind % 8] ?? '',
    pre: pres[pre % pres.length],
    tokens: lines.map((line) => line.slice(1)),
    tokenTypes: kind >= 128 ? undefined : lines.map((line) => Number(line[0]) || 0),
    scores: kind >= 64 ? undefined : lines.map((line) => -line.length),
    merges: mergeLines.split('\n').filter((line) => line !== ''),
    bosId: id(0),
    eosId: id(2),
    unknownId: id(4),
    separatorId: id(6),
    modelName: pre > 128 ? 'phi-3' : undefined,
    removeExtraWhitespaces: pre > 64,
    precompiledCharsmap: ids > 128 ? Uint8Array.from(rest.slice(0, ids - 128)) : undefined,
  };
}

it(
  'a vocabulary of any bytes is refused by name, or keeps plain text plain',
  { timeout: fuzzTimeoutMs },
  async () => {
    const tokens =
      '2<unk>\n3<s>\n3</s>\n4<tool>\n6<0x41>\n1a\n1b\n1ab\n1\u2581\n1\u2581a\n4<|fim_prefix|>\n\na b';
    const seeds = [0, 1, 2, 3, 4, 5, 6, 7, 65, 129].map((kind) =>
      Uint8Array.of(kind, kind === 65 ? 200 : 2, 0b10_10_10_10, ...new TextEncoder().encode(tokens)),
    );
    const { finding, outcomes } = await fuzz({
      async target(input) {
        const vocabulary = vocabularyOf(input);
        try {
          const tokenizer = createTokenizer(vocabulary);
          const text = `ab a\u0301 ${vocabulary.tokens.join(' ')}`;
          const ids = tokenizer.encode(text, { addBos: false });
          const unknownId = vocabulary.unknownId === noToken ? undefined : vocabulary.unknownId;
          for (const id of ids) {
            const isUnknown =
              id === (unknownId ?? (vocabulary.model === 't5' ? 2 : vocabulary.tokens.indexOf('<unk>')));
            if (tokenizer.isControl(id) && !isUnknown)
              throw new Error(`plain text became control token ${id}`);
          }
          expect(await tokenizer.encodeInSteps(text, { addBos: false })).toEqual(ids);
          expect(typeof tokenizer.decode(ids)).toBe('string');
          return vocabulary.model;
        } catch (error) {
          if (!isRondoError(error)) throw error;
          if (!['BAD_VOCABULARY', 'UNSUPPORTED_TOKENIZER'].includes(error.code)) throw error;
          expect(error.message.length).toBeLessThan(2100);
          return error.code;
        }
      },
      seeds,
      covers: '/packages/tokenizer/src/',
      effort: fuzzEffort(2000),
      maxBytes: 600,
    });
    expect(finding).toBeUndefined();
    expect([...outcomes.keys()]).toEqual(
      expect.arrayContaining([...models.slice(0, -1), 'UNSUPPORTED_TOKENIZER']),
    );
  },
);

// Long texts: encoding in steps gives the ids of `encode`, lets other tasks run in between, and refuses a text that
// cannot fit at once.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  smallBpe,
  smallCharacterBpe,
  smallRwkv,
  smallSentencePiece,
  smallUnigram,
  smallWordPiece,
} from '../test/small-vocabularies.ts';
import { createTokenizer, type Vocabulary } from './index.ts';

const kinds: readonly (readonly [string, () => Vocabulary])[] = [
  ['byte-level BPE', smallBpe],
  ['byte-level BPE of several expressions', () => ({ ...smallBpe(), pre: 'default' })],
  ['byte-level BPE that takes whole words', () => ({ ...smallBpe(), pre: 'llama-bpe' })],
  ['SentencePiece', smallSentencePiece],
  ['BPE of characters', smallCharacterBpe],
  ['BPE with digits in threes', () => ({ ...smallBpe(), pre: 'tiny_aya' })],
  ['greedy bytes', smallRwkv],
  ['unigram', smallUnigram],
  ['WordPiece', smallWordPiece],
];
const piece = fc.constantFrom(
  'hello',
  ' w',
  '  ',
  '\n',
  '123',
  '🦙',
  '</s>',
  '<tool>',
  'he',
  'ñ',
  '.',
  'the ',
);
const texts = fc.array(piece, { maxLength: 30 }).map((parts) => parts.join(''));

describe.each(kinds)('%s', (_, make) => {
  const tokenizer = createTokenizer(make());

  it('encoding in steps gives the ids of encode', async () => {
    await fc.assert(
      fc.asyncProperty(texts, fc.boolean(), fc.boolean(), async (text, special, addBos) => {
        const options = { special, addBos: addBos && tokenizer.bosId === undefined ? undefined : addBos };
        expect(await tokenizer.encodeInSteps(text, options)).toEqual(tokenizer.encode(text, options));
        const parts = [...text].map((character, i) => ({ text: character, special: i % 2 === 0 }));
        expect(await tokenizer.encodePartsInSteps(parts)).toEqual(tokenizer.encodeParts(parts));
      }),
    );
  });

  it.each([
    ['many words', 'hello w '.repeat(20_000)],
    ['one long word', 'hell'.repeat(40_000)],
    ['nothing but spaces', ' '.repeat(100_000)],
  ])('of %s, too, and other tasks run meanwhile', async (_, text) => {
    let tasks = 0;
    const encoding = { done: false };
    const others = (async () => {
      while (!encoding.done) {
        await new Promise((resolve) => setImmediate(resolve));
        tasks += 1;
      }
    })();
    const ids = await tokenizer.encodeInSteps(text);
    encoding.done = true;
    await others;
    expect(Buffer.compare(Buffer.from(ids.buffer), Buffer.from(tokenizer.encode(text).buffer))).toBe(0);
    // WordPiece takes a word of any length as one unknown token, and drops spaces.
    if (make().model !== 'bert') expect(tasks).toBeGreaterThan(4);
  });

  it('an abort ends encoding between two steps', async () => {
    const abort = new AbortController();
    const encoding = tokenizer.encodeInSteps('hello w '.repeat(100_000), { signal: abort.signal });
    setImmediate(() => abort.abort(new Error('enough')));
    await expect(encoding).rejects.toThrow('enough');
  });
});

describe('a text that cannot fit', () => {
  it.each(kinds.slice(0, 7))(
    '%s: a text that cannot fit is refused before any of it is encoded',
    async (_, make) => {
      const tokenizer = createTokenizer(make());
      let isRefused = false;
      const refused = tokenizer
        .encodeInSteps('a'.repeat(2 ** 24), { mostTokens: 4096 })
        .catch((error: unknown) => {
          isRefused = true;
          return error;
        });
      // Only microtasks run, no task: nothing was encoded in steps.
      for (let i = 0; i < 10; i++) await Promise.resolve();
      expect(isRefused).toBe(true);
      expect(await refused).toMatchObject({
        code: 'CONTEXT_FULL',
        message: expect.stringContaining('context of 4096'),
        details: { contextTokens: 4096 },
      });
    },
  );

  it('a text is refused when it turns out to have too many tokens, and a text that fits is not', async () => {
    const tokenizer = createTokenizer(smallBpe());
    const text = 'hello w'.repeat(100);
    const { length } = tokenizer.encode(text);
    expect(await tokenizer.encodeInSteps(text, { mostTokens: length })).toHaveLength(length);
    await expect(tokenizer.encodeInSteps(text, { mostTokens: length - 1 })).rejects.toMatchObject({
      code: 'CONTEXT_FULL',
    });
  });

  it('a vocabulary that drops characters refuses no text by its length', async () => {
    const vocabulary = smallBpe();
    const tokens = vocabulary.tokens.map((text, id) => (text === 'a' ? `gone ${id}` : text));
    const tokenizer = createTokenizer({ ...vocabulary, tokens });
    expect(await tokenizer.encodeInSteps('a'.repeat(100_000), { mostTokens: 4 })).toHaveLength(0);
  });
});

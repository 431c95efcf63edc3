// Special tokens are found wherever they stand, and the cost depends on their number, not on their length.
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { smallBpe } from '../test/small-vocabularies.ts';
import { createTokenizer, tokenType } from './index.ts';

const letters = fc
  .array(fc.constantFrom('a', 'b', 'c', '<', '🦙'), { maxLength: 8 })
  .map((all) => all.join(''));

it('the special tokens in a text are cut out longest first', () => {
  const base = smallBpe();
  fc.assert(
    fc.property(
      fc.uniqueArray(
        letters.filter((text) => text.length > 1),
        { minLength: 1, maxLength: 12 },
      ),
      letters,
      letters,
      (added, before, behind) => {
        const tokens = [...base.tokens, ...added];
        const tokenTypes = [...Array.from(base.tokenTypes ?? []), ...added.map(() => tokenType.userDefined)];
        const tokenizer = createTokenizer({ ...base, tokens, tokenTypes });
        const text = before + added[0] + behind;
        // The definition: each token in turn, by its bytes, is cut out wherever it stands.
        let parts: (string | number)[] = [text];
        const bytes = (one: string) => Buffer.byteLength(one);
        for (const one of added.toSorted(
          (a, b) => bytes(b) - bytes(a) || added.indexOf(a) - added.indexOf(b),
        )) {
          parts = parts.flatMap((part) =>
            typeof part === 'number'
              ? [part]
              : part.split(one).flatMap((piece, i) => (i === 0 ? [piece] : [tokens.indexOf(one), piece])),
          );
        }
        const expected = parts.filter((part) => typeof part === 'number');
        const found = [...tokenizer.encode(text, { addBos: false })].filter((id) => id >= base.tokens.length);
        expect(found).toEqual(expected);
      },
    ),
    { numRuns: 1000 },
  );
});

it('special tokens of megabytes take at most a few times their length in steps', () => {
  const base = smallBpe();
  const added = Array.from({ length: 4 }, (_, i) => `${'x'.repeat(2 ** 21)}${i}`);
  const before = process.memoryUsage().heapUsed;
  const tokenizer = createTokenizer({
    ...base,
    tokens: [...base.tokens, ...added],
    tokenTypes: [...Array.from(base.tokenTypes ?? []), ...added.map(() => tokenType.userDefined)],
  });
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(20 * 4 * 2 ** 21);
  expect([...tokenizer.encode(`a${added[2]}`)].at(-1)).toBe(base.tokens.length + 2);
});

import type { Tokenizer } from '@rondo/tokenizer';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { promptLookup } from './prompt-lookup.ts';

const tokenizer = {} as Tokenizer;

/** The proposal at the end of a text that was read token by token. */
async function proposed(text: readonly number[], most: number) {
  const drafter = promptLookup()(tokenizer);
  for (let end = 1; end < text.length; end++) await drafter.propose(text.slice(0, end), most, undefined);
  return drafter.propose(text, most, undefined);
}

it('prompt lookup proposes the tokens after the longest match, and of equal matches after the later match', async () => {
  expect(await proposed([1, 2, 3, 4, 9, 2, 3, 5, 9, 1, 2, 3], 2)).toEqual({ ids: [4, 9], evidence: 3 });
  expect(await proposed([1, 2, 3, 4, 9, 1, 2, 3, 5, 9, 1, 2, 3], 2)).toEqual({ ids: [5, 9], evidence: 4 });
});

it('prompt lookup proposes nothing after a token that is new in the text', async () => {
  expect(await proposed([1, 2, 3], 4)).toEqual({ ids: [], evidence: 0 });
  expect(await proposed([7], 4)).toEqual({ ids: [], evidence: 0 });
});

it('a prompt lookup that reaches the end of the text goes on after the match again', async () => {
  expect(await proposed([5, 5], 3)).toEqual({ ids: [5, 5, 5], evidence: 1 });
  expect((await proposed([1, 2, 3, 1, 2, 3, 1], 5)).ids).toEqual([2, 3, 1, 2, 3]);
});

it('prompt lookup proposes the same tokens as a search of the whole text', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(3), { minLength: 1, maxLength: 60 }), async (text) => {
      const last = text.length - 1;
      let evidence = 0;
      let best = -1;
      for (let place = 0; place < last; place++) {
        let length = 0;
        while (length <= place && length < 32 && text[place - length] === text[last - length]) length++;
        if (length > 0 && length >= evidence) [evidence, best] = [length, place];
      }
      const ids = [...text];
      if (evidence > 0) for (let index = 1; index <= 8; index++) ids.push(ids[best + index] ?? -1);
      expect(await proposed(text, 8)).toEqual({ ids: ids.slice(text.length), evidence });
    }),
  );
});

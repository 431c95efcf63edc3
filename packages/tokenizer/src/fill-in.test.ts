// The tokens for filling in the middle of a text, by the metadata and by their texts, and the bytes of tokens.
import { llamaCppPath } from '@rondo/testkit';
import { describe, expect, it } from 'vitest';
import { smallBpe, smallSentencePiece } from '../test/small-vocabularies.ts';
import { vocabularyOfGguf } from '../test/vocabulary-of-gguf.ts';
import { createTokenizer, noToken, tokenType, type Vocabulary } from './index.ts';

const none = { prefix: undefined, suffix: undefined, middle: undefined };

/** A small vocabulary with further tokens, and their ids. */
function withTokens(...texts: readonly string[]): { vocabulary: Vocabulary; ids: readonly number[] } {
  const vocabulary = smallBpe();
  const tokens = [...vocabulary.tokens, ...texts];
  const tokenTypes = [...Array.from(vocabulary.tokenTypes ?? []), ...texts.map(() => tokenType.userDefined)];
  return {
    vocabulary: { ...vocabulary, tokens, tokenTypes },
    ids: texts.map((text) => tokens.indexOf(text)),
  };
}

describe('fillIn', () => {
  it.each([
    ['deepseek-coder', { prefix: 32016, suffix: 32015, middle: 32017 }],
    ['starcoder', { prefix: 1, suffix: 3, middle: 2 }],
    ['refact', { prefix: 1, suffix: 3, middle: 2 }],
    ['qwen2', none],
    ['llama-bpe', none],
  ])('the vocabulary %s of llama.cpp', (name, expected) => {
    const tokenizer = createTokenizer(vocabularyOfGguf(llamaCppPath(`models/ggml-vocab-${name}.gguf`)));
    expect(tokenizer.fillIn).toEqual(expected);
  });

  it.each([
    ['<|fim_prefix|>', '<|fim_suffix|>', '<|fim_middle|>'],
    ['<PRE>', '<SUF>', '<MID>'],
    ['\u2581<PRE>', '\u2581<SUF>', '\u2581<MID>'],
    ['<|code_prefix|>', '<|code_suffix|>', '<|code_middle|>'],
  ])('texts show the tokens: %s', (...texts) => {
    const { vocabulary, ids } = withTokens(...texts);
    const [prefix, suffix, middle] = ids;
    expect(createTokenizer(vocabulary).fillIn).toEqual({ prefix, suffix, middle });
  });

  it('the metadata goes before the texts, and an id that is no token counts as missing', () => {
    const { vocabulary, ids } = withTokens('<PRE>', '<SUF>', '<MID>', '<my-prefix>', '<old-prefix>');
    const [prefix, suffix, middle, mine, old] = ids;
    const fillIn = (fillInIds: readonly (number | undefined)[]) =>
      createTokenizer({ ...vocabulary, fillInIds }).fillIn;
    expect(fillIn([mine])).toEqual({ prefix: mine, suffix, middle });
    expect(fillIn([mine, undefined, undefined, undefined, undefined, undefined, old]).prefix).toBe(old);
    expect(fillIn([noToken, vocabulary.tokens.length, -1])).toEqual({ prefix, suffix, middle });
  });
});

describe('tokenBytes', () => {
  it.each([
    ['byte-pair encoding', smallBpe()],
    ['SentencePiece', smallSentencePiece()],
  ])('%s: the bytes of the tokens, joined, are the text', (_, vocabulary) => {
    const tokenizer = createTokenizer(vocabulary);
    const text = 'hell wö\u{1F600}0';
    const ids = [...tokenizer.encode(text, { addBos: false })];
    const bytes = ids.flatMap((id) => [...(tokenizer.tokenBytes(id) ?? [])]);
    expect(new TextDecoder().decode(Uint8Array.from(bytes)).trimStart()).toBe(text);
    expect(ids.some((id) => tokenizer.tokenBytes(id)?.length === 1)).toBe(true);
  });

  it('of a control token are the bytes of its text, and of no token undefined', () => {
    const tokenizer = createTokenizer(smallBpe());
    const [id = -1] = tokenizer.encode('<|im_end|>', { special: true, addBos: false });
    expect(new TextDecoder().decode(tokenizer.tokenBytes(id))).toBe('<|im_end|>');
    for (const outside of [-1, tokenizer.vocabularySize, 0.5])
      expect(tokenizer.tokenBytes(outside)).toBeUndefined();
  });
});

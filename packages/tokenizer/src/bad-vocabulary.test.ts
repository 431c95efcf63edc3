// Rows 47 to 50 of the list of bad inputs: a contradictory vocabulary is refused with an error that names the mistake.
import { isRondoError, type RondoError } from '@rondo/errors';
import { describe, expect, it } from 'vitest';
import { smallBpe, smallSentencePiece } from '../test/small-vocabularies.ts';
import { createTokenizer, tokenType, type Vocabulary } from './index.ts';

function errorOf(vocabulary: Vocabulary): RondoError {
  try {
    createTokenizer(vocabulary);
  } catch (error) {
    if (isRondoError(error)) return error;
    throw error;
  }
  throw new Error('The vocabulary was accepted.');
}

const bpe = smallBpe();
const sentencePiece = smallSentencePiece();

describe('bad vocabularies', () => {
  it.each(['<0x-1>', '<0xZZ>', '<0x1>', '<0x100>', '0x41'])('row 47: byte token %s', (text) => {
    const tokens = sentencePiece.tokens.with(10, text);
    const error = errorOf({ ...sentencePiece, tokens });
    expect(error.code).toBe('BAD_VOCABULARY');
    expect(error.message).toContain(text);
    if (text.startsWith('<'))
      expect(errorOf({ ...sentencePiece, tokens, tokenTypes: undefined }).code).toBe('BAD_VOCABULARY');
  });

  it.each(['bosId', 'eosId', 'eotId', 'eomId', 'unknownId', 'separatorId'])('row 48: %s outside', (key) => {
    for (const id of [bpe.tokens.length, -1, 0.5, Number.NaN, 2 ** 32]) {
      expect(errorOf({ ...bpe, [key]: id }).code).toBe('BAD_VOCABULARY');
    }
  });

  it('row 49: arrays of another length than the tokens', () => {
    const scores = Array.from(sentencePiece.scores ?? []);
    const tokenTypes = Array.from(sentencePiece.tokenTypes ?? []);
    for (const bad of [
      { scores: scores.slice(1) },
      { scores: [...scores, 0] },
      { tokenTypes: tokenTypes.slice(1) },
      { tokenTypes: [...tokenTypes, 1] },
      { scores: scores.with(100, Number.NaN) },
      { tokens: [] },
    ]) {
      expect(errorOf({ ...sentencePiece, ...bad }).code).toBe('BAD_VOCABULARY');
    }
  });

  it.each([
    ['absent h', 'absent'],
    ['h absent', 'absent'],
    ['e h', 'eh'],
    ['he', 'he'],
    ['', ''],
  ])('row 50: merge %j', (merge, named) => {
    const error = errorOf({ ...bpe, merges: [...(bpe.merges ?? []), merge] });
    expect(error.code).toBe('BAD_VOCABULARY');
    expect(error.message).toContain(named);
    expect(error.details['index']).toBe(bpe.merges?.length);
  });

  it('a duplicate token, and missing data that a kind of tokenizer needs, are refused', () => {
    expect(errorOf({ ...bpe, tokens: bpe.tokens.with(3, 'he') }).details['ids']).toEqual([3, 256]);
    expect(errorOf({ ...bpe, merges: undefined }).code).toBe('BAD_VOCABULARY');
    expect(errorOf({ ...bpe, addBos: true, bosId: undefined }).code).toBe('BAD_VOCABULARY');
    expect(errorOf({ ...bpe, addEos: true, eosId: undefined }).code).toBe('BAD_VOCABULARY');
  });

  it('unknown kinds and pre-tokenizers are named in the error', () => {
    for (const bad of [
      { pre: 'kimi-k9' },
      { model: 'plamo2' },
      { pre: 'constructor' },
      { model: 'constructor' },
    ]) {
      const error = errorOf({ ...bpe, ...bad });
      expect(error.code).toBe('UNSUPPORTED_TOKENIZER');
      expect(error.message).toContain(Object.values(bad)[0]);
    }
  });
});

describe('odd but honest vocabularies', () => {
  it('tokens with an empty text never match anything', () => {
    const tokenizer = createTokenizer({
      ...bpe,
      tokens: [...bpe.tokens, '', ''],
      tokenTypes: [...Array.from(bpe.tokenTypes ?? []), tokenType.userDefined, tokenType.normal],
    });
    expect(tokenizer.encode('hello', { addBos: false })).toEqual(
      createTokenizer(bpe).encode('hello', { addBos: false }),
    );
  });

  it('a user-defined token that ends a turn is treated as control', () => {
    const id = bpe.tokens.indexOf('<tool>');
    const tokenizer = createTokenizer({ ...bpe, eotId: id });
    expect([...tokenizer.encode('<tool>')]).not.toContain(id);
    expect(tokenizer.isEndOfGeneration(id)).toBe(true);
    expect(tokenizer.isEndOfGeneration(bpe.tokens.indexOf('<|im_end|>'))).toBe(true);
    expect(tokenizer.isEndOfGeneration(0)).toBe(false);
  });
});

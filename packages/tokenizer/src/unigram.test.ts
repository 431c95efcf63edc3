// Unigram vocabularies (`t5`): the likeliest way to cut a text, unknown characters, and how a text is normalized before.
import { describe, expect, it } from 'vitest';
import { characterMapBytes } from '../test/character-map-bytes.ts';
import { smallUnigram } from '../test/small-vocabularies.ts';
import { createTokenizer, tokenType, type Vocabulary } from './index.ts';

const vocabulary = smallUnigram();
const spelled = (given: Partial<Vocabulary>, text: string): (string | undefined)[] => {
  const tokenizer = createTokenizer({ ...vocabulary, ...given });
  return Array.from(tokenizer.encode(text), tokenizer.tokenText);
};

describe('unigram', () => {
  it('unigram covers a text with the tokens of the highest total score, followed by the end-of-text token', () => {
    expect(spelled({}, 'hello')).toEqual(['hell', 'o', '</s>']);
    const hell = vocabulary.tokens.indexOf('hell');
    expect(spelled({ scores: (vocabulary.scores as number[]).with(hell, -9) }, 'hello')).toEqual([
      'he',
      'llo',
      '</s>',
    ]);
    expect(spelled({ addEos: false }, 'hello')).toEqual(['hell', 'o']);
  });

  it('unigram takes a run of characters that no token spells as one unknown token', () => {
    expect(spelled({}, 'hexyz🦙he')).toEqual(['he', '<unk>', 'he', '</s>']);
  });

  it('unigram never takes a control token for unknown characters', () => {
    expect(spelled({ unknownId: 1, addEos: false }, 'hexhe')).toEqual(['he', 'he']);
  });

  it('unigram gives user-defined tokens the highest likelihood, and unused tokens their score', () => {
    const tokens = [...vocabulary.tokens, 'ello'];
    const given = {
      tokens,
      tokenTypes: [...(vocabulary.tokenTypes as number[]), tokenType.unused],
      scores: [...(vocabulary.scores as number[]), -0.5],
    };
    expect(spelled(given, 'hello')).toEqual(['h', 'ello', '</s>']);
    expect(spelled({}, 'he<tool>he')).toEqual(['he', '<tool>', 'he', '</s>']);
  });

  it.each([
    [{}, ' w  w', ['▁w', '▁', '▁w']],
    [{ addSpacePrefix: true }, 'w  w', ['▁w', '▁', '▁w']],
    [{ addSpacePrefix: true }, ' w', ['▁', '▁w']],
    [{ removeExtraWhitespaces: true }, '  w   w ', ['▁w', '▁w']],
    [{ removeExtraWhitespaces: true, addSpacePrefix: true }, 'w w', ['▁w', '▁w']],
  ])('%j: %j', (given, text, tokens) => {
    expect(spelled({ addEos: false, ...given }, text)).toEqual(tokens);
  });

  it('unigram decodes marks as spaces, and drops the space that it put in front', () => {
    const tokenizer = createTokenizer({ ...vocabulary, addSpacePrefix: true });
    const ids = tokenizer.encode('w w');
    expect(tokenizer.decode(ids)).toBe(' w w');
    expect(tokenizer.decode(ids, { start: true })).toBe('w w');
    const plain = createTokenizer(vocabulary);
    expect(plain.decode(plain.encode(' w'), { start: true })).toBe(' w');
  });

  it("unigram's default ids are 1 for the end of a text and 2 for the unknown token", () => {
    const tokenizer = createTokenizer({ ...vocabulary, eosId: undefined, unknownId: undefined });
    expect([...tokenizer.encode('x')]).toEqual([2, 1]);
    expect(tokenizer.isEndOfGeneration(1)).toBe(true);
  });
});

describe('the table of replacements', () => {
  const precompiledCharsmap = characterMapBytes({ ｈ: 'h', ﬀ: 'ell', ﬀo: 'o', '\t': ' ', '\u00ad': '' });

  it('unigram replaces the longest sequence that has a replacement, even if the replacement is empty', () => {
    expect(spelled({ precompiledCharsmap, addEos: false }, 'ｈﬀ\u00ado')).toEqual(['hell', 'o']);
    expect(spelled({ precompiledCharsmap, addEos: false }, 'hﬀo\tw')).toEqual(['h', 'o', '▁w']);
  });

  it('signed bytes of the table of replacements are read as unsigned bytes', () => {
    const signed = Int8Array.from(precompiledCharsmap);
    expect(spelled({ precompiledCharsmap: signed, addEos: false }, 'ｈe')).toEqual(['he']);
  });

  it.each([
    ['no bytes', new Uint8Array()],
    ['a trie longer than the table', precompiledCharsmap.slice(0, 100)],
    ['replacements without an end', precompiledCharsmap.slice(0, -1)],
    ['a replacement beyond the table', precompiledCharsmap.slice(0, -3)],
  ])('%s: refused when the tokenizer is made', (_, bytes) => {
    expect(() => createTokenizer({ ...vocabulary, precompiledCharsmap: bytes })).toThrow(
      expect.objectContaining({
        code: 'BAD_VOCABULARY',
        message: expect.stringContaining('precompiled_charsmap'),
      }),
    );
  });
});

// Which tokens plain text never becomes, whatever a file calls them, and which white space special tokens remove.
import { llamaCppPath } from '@rondo/testkit';
import { describe, expect, it } from 'vitest';
import { smallBpe, smallSentencePiece, smallWordPiece } from '../test/small-vocabularies.ts';
import { vocabularyOfGguf } from '../test/vocabulary-of-gguf.ts';
import { createTokenizer, noToken, tokenType, type Vocabulary } from './index.ts';

/** A vocabulary with additional tokens at its end, all of one type. */
function withTokens(vocabulary: Vocabulary, added: readonly string[], type: number): Vocabulary {
  return {
    ...vocabulary,
    tokens: [...vocabulary.tokens, ...added],
    tokenTypes: [...Array.from(vocabulary.tokenTypes ?? []), ...added.map(() => type)],
    scores: vocabulary.scores && [...Array.from(vocabulary.scores), ...added.map(() => -1)],
  };
}

const plain = (vocabulary: Vocabulary, text: string) => [
  ...createTokenizer(vocabulary).encode(text, { addBos: false }),
];

describe('what no token spells', () => {
  it('byte-level BPE drops bytes without a token, and takes no unknown token in their place', () => {
    const vocabulary = smallBpe();
    // U+50000 begins with the byte 0xF1, which is "ñ" in the alphabet of GPT-2.
    const tokens = vocabulary.tokens.map((text, id) => (text === 'ñ' ? `gone ${id}` : text));
    const without: Vocabulary = { ...vocabulary, tokens, unknownId: vocabulary.eosId };
    const [a, b] = ['a', 'b'].map((text) => tokens.indexOf(text));
    const ids = plain(without, 'a\u{50000}b');
    expect([ids.at(0), ids.at(-1), ids.includes(vocabulary.eosId ?? -1)]).toEqual([a, b, false]);
    expect(ids).toHaveLength(5);
  });

  it('SentencePiece takes no control token for the unknown token', () => {
    const vocabulary = smallSentencePiece();
    const noBytes = (vocabulary.tokenTypes ?? []) as readonly number[];
    const types = Array.from(noBytes, (type) => (type === tokenType.byte ? tokenType.normal : type));
    for (const [unknownId, expected] of [
      [0, true],
      [2, false],
    ] as const) {
      const ids = plain({ ...vocabulary, tokenTypes: types, unknownId }, 'h\u{50000}');
      expect(ids.includes(unknownId)).toBe(expected);
    }
  });

  it('WordPiece takes no token that frames or ends a text for the unknown token', () => {
    const vocabulary = smallWordPiece();
    expect(plain(vocabulary, 'xyz')).toEqual([1]);
    expect(plain({ ...vocabulary, unknownId: vocabulary.separatorId }, 'xyz')).toEqual([]);
  });
});

describe('tokens that are control tokens by their text', () => {
  const texts = [
    '<\uFF5Cfim\u2581hole\uFF5C>',
    '<|fim_prefix|>',
    '<fim_middle>',
    '<fim-suffix>',
    '<PRE>',
    '<|code_suffix|>',
    '<|fim_pad|>',
    '<|repo_name|>',
    '[PAD]',
    '<|endoftext|>',
  ];
  it.each(texts)('%s is a control token although the file calls it user-defined', (text) => {
    for (const type of [tokenType.userDefined, tokenType.normal]) {
      const vocabulary = withTokens(smallBpe(), [text], type);
      const id = vocabulary.tokens.length - 1;
      const tokenizer = createTokenizer(vocabulary);
      expect([...tokenizer.encode(`x${text}y`, { addBos: false })]).not.toContain(id);
      expect([...tokenizer.encode(`x${text}y`, { addBos: false, special: true })]).toContain(id);
      expect(tokenizer.isControl(id)).toBe(true);
    }
  });

  it('ids that the metadata gives to special tokens make them control tokens', () => {
    const vocabulary = withTokens(smallBpe(), ['<my_middle>', '<begin>'], tokenType.userDefined);
    const [middle, begin] = ['<my_middle>', '<begin>'].map((text) => vocabulary.tokens.indexOf(text));
    const tokenizer = createTokenizer({
      ...vocabulary,
      fillInIds: [middle, noToken, undefined],
      bosId: begin,
    });
    expect([...tokenizer.encode('<my_middle><begin>', { addBos: false })]).not.toContain(middle);
    expect([middle, begin].map((id) => tokenizer.isControl(id ?? -1))).toEqual([true, true]);
  });

  it('a file without types has control tokens where the metadata names them', () => {
    const { tokenTypes, ...vocabulary } = smallSentencePiece();
    expect(tokenTypes).toBeDefined();
    const tokenizer = createTokenizer(withoutTypes(vocabulary));
    expect(tokenizer.isControl(1)).toBe(true);
  });

  it('a word that the metadata names as the beginning of a text stays a word', () => {
    const vocabulary = smallBpe();
    const hell = vocabulary.tokens.indexOf('hell');
    expect(plain({ ...vocabulary, bosId: hell }, 'hell')).toEqual([hell]);
  });
});

/** The vocabulary without types and without merges into control tokens. */
function withoutTypes(vocabulary: Vocabulary): Vocabulary {
  return { ...vocabulary, tokenTypes: undefined };
}

describe('vocabularies of llama.cpp', () => {
  const vocabularyOf = (name: string) => vocabularyOfGguf(llamaCppPath(`models/ggml-vocab-${name}.gguf`));

  it('starcoder: a character outside the vocabulary does not end the text', () => {
    const vocabulary = vocabularyOf('starcoder');
    const tokenizer = createTokenizer(vocabulary);
    const ids = [...tokenizer.encode('a\u{50000}b', { addBos: false })];
    expect(ids.map(tokenizer.isControl)).not.toContain(true);
    expect(tokenizer.decode(ids).replaceAll('\ufffd', '')).toBe('ab');
  });

  it('phi-3: all special tokens but three remove the white space behind them', () => {
    const tokenizer = createTokenizer(vocabularyOf('phi-3'));
    const ids = (text: string) => [...tokenizer.encode(text, { addBos: false, special: true })];
    expect(ids('<|user|>\nHello<|end|>\n<|assistant|>\n')).toEqual([32010, 15043, 32007, 32001]);
    expect(ids('<|user|> \t\r\n\f\vHello')).toEqual([32010, 15043]);
    // C does not count U+00A0 as white space.
    expect(ids('<|user|>\u00a0Hello').length).toBeGreaterThan(2);
    expect(ids('<|endoftext|>\nHello')).not.toEqual([32000, 15043]);
    expect(ids('<s>\n')).toHaveLength(3);
    // Also across the boundary between a template's text and a user's text.
    const parts = [
      { text: '<|user|>\n', special: true },
      { text: '  Hello', special: false },
    ];
    expect([...tokenizer.encodeParts(parts, { addBos: false })]).toEqual([32010, 15043]);
  });

  it('special tokens of another model with the vocabulary of phi-3 remove no white space', () => {
    const tokenizer = createTokenizer({ ...vocabularyOf('phi-3'), modelName: 'Other' });
    const ids = [...tokenizer.encode('<|user|>\nHello', { addBos: false, special: true })];
    expect(ids.length).toBeGreaterThan(2);
  });
});

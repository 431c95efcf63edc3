// What the values of `tokenizer.ggml.model` and `tokenizer.ggml.pre` imply besides where words are cut: examples of each
// kind.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { smallBpe, smallCharacterBpe, smallRwkv, smallWordPiece } from '../test/small-vocabularies.ts';
import {
  createTokenizer,
  preTokenizerNames,
  tokenizerModelNames,
  tokenType,
  type Vocabulary,
} from './index.ts';

const spelled = (vocabulary: Vocabulary, text: string, special = false): (string | undefined)[] => {
  const tokenizer = createTokenizer(vocabulary);
  return Array.from(tokenizer.encode(text, { special, addBos: false }), tokenizer.tokenText);
};
const withTokens = (vocabulary: Vocabulary, texts: readonly string[], type: number): Vocabulary => ({
  ...vocabulary,
  tokens: [...vocabulary.tokens, ...texts],
  tokenTypes: [...Array.from(vocabulary.tokenTypes ?? []), ...texts.map(() => type)],
});

describe('gemma4', () => {
  const vocabulary = smallCharacterBpe();

  it('gemma4: spaces are marked, characters that are no token become bytes, and runs of line ends stay whole', () => {
    expect(spelled(vocabulary, 'hello  h w')).toEqual(['hell', 'o', '▁▁', 'h', '▁w']);
    expect(spelled(vocabulary, 'é½')).toEqual(['é', '<0xC2>', '<0xBD>']);
    expect(spelled(vocabulary, 'h\n\n\ne\n\n\n\n')).toEqual(['h', '\n\n\n', 'e', '\n', '\n', '\n', '\n']);
  });

  it('the same vocabulary as gpt2 with the pre-tokenizer gemma4 gives the same ids', () => {
    for (const pre of ['gemma4', 'granite-embed-multi-311m']) {
      const text = ' hello w\n\nhell';
      expect(spelled({ ...vocabulary, model: 'gpt2', pre }, text)).toEqual(spelled(vocabulary, text));
    }
    expect(spelled({ ...vocabulary, model: 'gpt2', pre: 'sarvam-moe' }, ' w\n\n')).toEqual([
      '▁w',
      '\n',
      '\n',
    ]);
  });

  it('gemma4: a text begins with the beginning-of-text token even if the file says no, with a warning', () => {
    expect(createTokenizer(vocabulary)).toMatchObject({ addsBos: true, warnings: [] });
    const tokenizer = createTokenizer({ ...vocabulary, addBos: false });
    expect([...tokenizer.encode('h')].at(0)).toBe(tokenizer.bosId);
    expect(tokenizer.warnings).toMatchObject([
      { code: 'ODD_TOKENIZER', message: expect.stringContaining('add_bos_token') },
    ]);
    expect([...tokenizer.encode('h', { addBos: false })]).toHaveLength(1);
  });

  it('gemma4: words are cut apart only if no token spans the start of a word', () => {
    const longer = withTokens(vocabulary, ['hell▁', 'hell▁w'], tokenType.normal);
    const merges = [...(vocabulary.merges ?? []), 'hell ▁', 'hell▁ w'];
    // The merge of the mark with the letter behind it comes first.
    expect(spelled({ ...longer, merges }, 'hell w')).toEqual(['hell', '▁w']);
    expect(spelled({ ...longer, merges: merges.filter((merge) => merge !== '▁ w') }, 'hell w')).toEqual([
      'hell▁w',
    ]);
  });
});

describe('rwkv', () => {
  it('rwkv: the longest token at each place is taken, whatever follows', () => {
    expect(spelled(smallRwkv(), 'hellohells wx')).toEqual(['hello', 'hell', 's', ' w', 'x']);
  });

  it('rwkv: tokens are bytes, spelled as Python prints them', () => {
    expect(spelled(smallRwkv(), '你\n\n\\')).toEqual([
      String.raw`\xe4\xbd`,
      String.raw`\xa0`,
      String.raw`\n\n`,
      '\\\\',
    ]);
    const tokenizer = createTokenizer(smallRwkv());
    expect(tokenizer.decode(tokenizer.encode('你\n\n\\x41'))).toBe('你\n\n\\x41');
  });

  it('rwkv: a byte that no token spells is the unknown token if there is one, and is dropped otherwise', () => {
    const vocabulary = smallRwkv();
    const tokens = vocabulary.tokens.map((text, id) => (text === 'q' ? `gone ${id}` : text));
    expect(spelled({ ...vocabulary, tokens }, 'heqhe')).toEqual(['he', 'he']);
    expect(spelled({ ...vocabulary, tokens, unknownId: 40 }, 'heqhe')).toEqual(['he', tokens[40], 'he']);
  });

  it('rwkv: no token is put before a text', () => {
    expect(createTokenizer(smallRwkv()).addsBos).toBe(false);
  });
});

describe('whitespace', () => {
  const vocabulary: Vocabulary = { ...smallCharacterBpe(), model: 'whitespace', pre: 'whitespace' };

  it('whitespace: white space is dropped, and capital letters stay unless the file says otherwise', () => {
    expect(spelled(vocabulary, ' he\n\thell\u3000H')).toEqual(['he', 'hell', '<0x48>']);
    expect(spelled({ ...vocabulary, lowercase: true }, 'HE hell')).toEqual(['he', 'hell']);
  });
});

describe('kimi-k2', () => {
  it('kimi-k2 needs no merges, unlike all other pre-tokenizers', () => {
    const bpe = { ...smallBpe(), merges: undefined };
    expect(spelled({ ...bpe, pre: 'kimi-k2' }, 'he')).toEqual(['h', 'e']);
    expect(() => createTokenizer({ ...bpe, pre: 'gpt-2' })).toThrow(/tokenizer\.ggml\.merges/);
  });
});

describe('whole words', () => {
  it('some pre-tokenizers take whole words that are tokens without merges', () => {
    const vocabulary = withTokens(smallBpe(), ['hello'], tokenType.normal);
    for (const pre of ['llama-bpe', 'minicpm5', 'youtu', 'tekken', 'granite-embed-multi-97m']) {
      expect(spelled({ ...vocabulary, pre }, 'hello')).toEqual(['hello']);
    }
    for (const pre of ['gpt-2', 'qwen2', 'kimi-k2']) {
      expect(spelled({ ...vocabulary, pre }, 'hello')).toEqual(['hell', 'o']);
    }
  });

  it('a text begins with the beginning-of-text token for the pre-tokenizers that ask for it', () => {
    const adding = preTokenizerNames.filter((pre) => createTokenizer({ ...smallBpe(), pre }).addsBos);
    expect(
      adding.filter(
        (name) =>
          !/^(?:llama|falcon[3-]|pixtral|midm|lfm2|jina-v5|gemma4|granite-embed-multi-311m)/.test(name),
      ),
    ).toEqual(['tekken', 'chameleon']);
    expect(adding).toContain('llama-bpe');
    expect(adding).not.toContain('falcon');
  });
});

describe('masks', () => {
  it.each<[string, Partial<Vocabulary>, string]>([
    ['jina-v2-code', { pre: 'jina-v2-code' }, '<mask>'],
    ['jina-v2-es', { pre: 'jina-v2-es' }, '<mask>'],
    ['nomic-bert-moe', { architecture: 'nomic-bert-moe' }, '<mask>'],
    ['jina-bert-v3', { architecture: 'jina-bert-v3' }, '<mask>'],
    ['modern-bert', { modelName: 'ModernBERT modern-bert base' }, '[MASK]'],
  ])('%s: the mask token removes the white space in front of it', (_, given, mask) => {
    const vocabulary = { ...withTokens(smallBpe(), [mask], tokenType.control), ...given };
    expect(spelled(vocabulary, `he \t\n${mask} w`, true)).toEqual(['he', mask, 'Ġw']);
    expect(spelled(vocabulary, ` ${mask}`, true)).toEqual([mask]);
    expect(
      spelled({ ...vocabulary, pre: 'gpt-2', architecture: '', modelName: '' }, `he ${mask}`, true),
    ).toEqual(['he', 'Ġ', mask]);
    // Also across the boundary between a user's text and a template's text.
    const tokenizer = createTokenizer(vocabulary);
    const parts = [
      { text: 'he ', special: false },
      { text: mask, special: true },
    ];
    expect(Array.from(tokenizer.encodeParts(parts, { addBos: false }), tokenizer.tokenText)).toEqual([
      'he',
      mask,
    ]);
  });
});

describe('WordPiece', () => {
  const vocabulary = withTokens(smallWordPiece(), ['▁Caf\u00e9', '▁caf\u00e9', '▁σασ'], tokenType.normal);
  it.each<[Partial<Vocabulary>, string]>([
    [{}, '▁cafe'],
    [{ lowercase: true, stripAccents: false }, '▁caf\u00e9'],
    [{ lowercase: false }, '▁Caf\u00e9'],
    [{ lowercase: false, stripAccents: true }, '[UNK]'],
  ])('%j', (given, token) => {
    expect(spelled({ ...vocabulary, ...given }, 'Caf\u00e9')).toContain(token);
  });

  it('WordPiece lower-cases a sigma at the end of a word as any other sigma', () => {
    expect(spelled(vocabulary, 'ΣΑΣ')).toContain('▁σασ');
  });
});

describe('the README', () => {
  it('the README lists each tokenizer and each pre-tokenizer, and no others', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const [, models = '', pres = ''] =
      /## Supported tokenizers(.*)\n\nThe values(.*?)\n\nA name/su.exec(readme) ?? [];
    const listed = (text: string) => Array.from(text.matchAll(/^\| `([^`]+)`/gmu), ([, name]) => name);
    expect(listed(models).slice(1).toSorted()).toEqual(tokenizerModelNames.toSorted());
    const names = Array.from(pres.slice(pres.indexOf('\n')).matchAll(/`([^`]+)`/gu), ([, name]) => name);
    expect(names.toSorted()).toEqual(preTokenizerNames.toSorted());
  });
});

describe('names that are not known', () => {
  it.each<[Partial<Vocabulary>, string, readonly string[]]>([
    [{ model: 'plamo2' }, 'plamo2', tokenizerModelNames],
    [{ model: 'toString' }, 'toString', tokenizerModelNames],
    [{ pre: 'qwen4' }, 'qwen4', preTokenizerNames],
  ])('%j is refused, and the message lists what is known', (given, name, supported) => {
    expect(() => createTokenizer({ ...smallBpe(), ...given })).toThrow(
      expect.objectContaining({
        code: 'UNSUPPORTED_TOKENIZER',
        message: expect.stringMatching(new RegExp(`"${name}".*${supported.at(-1)}`)),
        details: expect.objectContaining({ supported }),
      }),
    );
  });

  it.each(['gpt2', 'whitespace'])(
    '%s without a pre-tokenizer warns once and takes the default one',
    (model) => {
      for (const pre of [undefined, '']) {
        const tokenizer = createTokenizer({ ...smallBpe(), model, pre });
        expect(tokenizer.warnings).toMatchObject([
          { code: 'ODD_TOKENIZER', message: expect.stringContaining('tokenizer.ggml.pre') },
        ]);
        const named = createTokenizer({ ...smallBpe(), model, pre: 'default' });
        expect(named.warnings).toEqual([]);
        expect(tokenizer.encode("1234 don't...")).toEqual(named.encode("1234 don't..."));
      }
    },
  );
});

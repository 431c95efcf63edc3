// Where each pre-tokenizer cuts: examples worked out from the published expressions, and the texts that take longest.
import { describe, expect, it } from 'vitest';
import { preTokenizer, preTokenizerNames } from './pre-tokenizers.ts';
import { eachWord, splitWords } from './split-words.ts';

const text = "I'LL pay 12345 ¥,\r\n\n  naïveCamelCase don't!\u0085\ufeffx";

describe('words', () => {
  it.each([
    [
      'llama-bpe',
      [
        'I',
        "'LL",
        ' pay',
        ' ',
        '123',
        '45',
        ' ¥,\r\n\n',
        ' ',
        ' naïveCamelCase',
        ' don',
        "'t",
        '!',
        '\u0085',
        '\ufeffx',
      ],
    ],
    [
      'qwen2',
      [
        'I',
        "'LL",
        ' pay',
        ' ',
        '1',
        '2',
        '3',
        '4',
        '5',
        ' ¥,\r\n\n',
        ' ',
        ' naïveCamelCase',
        ' don',
        "'t",
        '!',
        '\u0085',
        '\ufeffx',
      ],
    ],
    [
      'gpt-4o',
      [
        "I'LL",
        ' pay',
        ' ',
        '123',
        '45',
        ' ¥,\r\n\n',
        ' ',
        ' naïve',
        'Camel',
        'Case',
        " don't",
        '!',
        '\u0085',
        '\ufeffx',
      ],
    ],
    [
      'tekken',
      [
        'I',
        "'LL",
        ' pay',
        ' ',
        '1',
        '2',
        '3',
        '4',
        '5',
        ' ¥,\r\n\n',
        ' ',
        ' naïve',
        'Camel',
        'Case',
        ' don',
        "'t",
        '!',
        '\u0085',
        '\ufeffx',
      ],
    ],
  ])('%s', (name, words) => {
    expect(splitWords(text, preTokenizer(name).cuts)).toEqual(words);
  });

  it.each([
    ['laguna', 'a!\n\nb', ['a', '!', '\n\n', 'b']],
    ['minicpm5', '12345a', ['123', '45', 'a']],
    ['jais-2', 'a       b', ['a', '    ', '  ', ' b']],
    ['ufakzeka', "it'sx", ['it', "'sx"]],
    ['seed-coder', '!\n\n', ['!', '\n\n']],
    ['bailingmoe', "'LL 12\n", ["'LL", ' ', '1', '2', '\n']],
    ['exaone-moe', 'so it is, 12', ['so it is', ',', ' ', '1', '2']],
    ['kimi-k2', "中文 l'a的b's", ['中文', ' l', "'a", '的', "b's"]],
    ['afmoe', 'x12345 6的', ['x', '12', '345', ' ', '6', '的']],
    ['tiny_aya', 'Ab1234567cD', ['Ab', '1', '234', '567', 'cD']],
    ['youtu', '안녕Ab，12中ㄅ', ['안녕', 'Ab', '，', '1', '2', '中', 'ㄅ']],
    ['spark2_5', 'a!\n\n1234', ['a', '!', '\n', '\n', '1', '2', '3', '4']],
    ['granite-embed-multi-97m', 'e\u0301xAb', ['e\u0301x', 'Ab']],
    ['superbpe', 'it is 1234567 ok', ['it is ', '1', '234', '567', ' ok']],
    ['bloom', ' good day, all', [' good', ' day', ',', ' all']],
    ['viking', ' a12', [' a', '1', '2']],
    [
      'chameleon',
      '<sentinel:3>IMGIMGABZ      a!?',
      // A sentinel is cut again by later expressions; a sentinel that is a special token is cut out earlier.
      ['<', 'sentinel', ':', '3', '>', 'IMGIMGABZ', '    ', '  ', 'a', '!', '?'],
    ],
    ['gemma4', 'a b\n\nc', ['a b', '\n\n', 'c']],
    ['sarvam-moe', 'a b\n\nc', ['a b', '\n\n', 'c']],
    ['whitespace', ' a  b', [' ', 'a', '  ', 'b']],
  ])('%s: %j', (name, text, words) => {
    expect(splitWords(text, preTokenizer(name).cuts)).toEqual(words);
    expect([...eachWord(text, preTokenizer(name).cuts)]).toEqual(words);
  });

  it.each([
    ['jina-v5-nano', 'llama3'],
    ['f2llmv2', 'qwen2'],
    ['talkie', 'gpt-4o'],
    ['modern-bert', 'gpt-2'],
    ['jina-v2-es', 'gpt-2'],
    ['granite-embed-multi-311m', 'gemma4'],
    ['llada-moe', 'bailingmoe'],
    ['cohere2moe', 'tiny_aya'],
    ['hy_v4', 'deepseek-v3'],
  ])('%s is %s', (alias, name) => {
    expect(preTokenizer(alias)).toEqual(preTokenizer(name));
  });

  it.each(preTokenizerNames)('pre-tokenizer %s loses nothing and takes no quadratic time', (name) => {
    const { cuts } = preTokenizer(name);
    expect(splitWords(text, cuts).join('')).toBe(text);
    for (const unit of [' ', '\n', 'a', '.', '1', 'A', '的', "'", ' \n']) {
      const long = `${unit.repeat(50_000)}a`;
      // Quadratic time would be 10^9 steps, longer than any test may run.
      expect(splitWords(long, cuts).join('')).toBe(long);
    }
  });
});

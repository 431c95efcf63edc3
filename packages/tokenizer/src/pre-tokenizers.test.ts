// Pre-tokenizers that no vocabulary fixture covers, by examples worked out from their published expressions.
import { describe, expect, it } from 'vitest';
import { preTokenizer, preTokenizerNames } from './pre-tokenizers.ts';
import { splitWords } from './split-words.ts';

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

  it.each(preTokenizerNames)('%s loses nothing and takes no quadratic time', (name) => {
    const { cuts } = preTokenizer(name);
    expect(splitWords(text, cuts).join('')).toBe(text);
    for (const unit of [' ', '\n', 'a', '.', '1', 'A', '的', "'", ' \n']) {
      const long = `${unit.repeat(100_000)}a`;
      // In quadratic time this would be 10^10 steps: far past the time that any test has.
      expect(splitWords(long, cuts).join('')).toBe(long);
    }
  });
});

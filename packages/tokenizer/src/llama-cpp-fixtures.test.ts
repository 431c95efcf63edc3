// Compares ids with llama.cpp's ids for the same vocabularies and texts, and with the ids of the demo model's reference
// runs.
import { readdirSync, readFileSync } from 'node:fs';
import { demoModelPath, demoReferencePath, llamaCppPath } from '@rondo/testkit';
import { describe, expect, it } from 'vitest';
import { vocabularyOfGguf } from '../test/vocabulary-of-gguf.ts';
import { createTokenizer } from './index.ts';

/** The vocabularies that come with llama.cpp, by the names of their files. */
const namesIn = (file: RegExp): string[] =>
  readdirSync(llamaCppPath('models')).flatMap((name) => file.exec(name)?.[1] ?? []);
const withExpectation = namesIn(/^ggml-vocab-(.*)\.gguf\.out$/);
const others = namesIn(/^ggml-vocab-(.*)\.gguf$/).filter((name) => !withExpectation.includes(name));

describe('ids of llama.cpp', () => {
  for (const name of withExpectation) {
    it(name, () => {
      const path = llamaCppPath(`models/ggml-vocab-${name}.gguf`);
      const tokenizer = createTokenizer(vocabularyOfGguf(path));
      const texts = readFileSync(`${path}.inp`, 'utf8').split('\n__ggml_vocab_test__\n');
      // In most files the separator also follows the last text.
      if (texts.at(-1) === '') texts.pop();
      const expected = readFileSync(`${path}.out`, 'utf8').replace(/\n$/, '').split('\n');
      expect(texts.length).toBe(expected.length);
      for (const [index, text] of texts.entries()) {
        const line = expected[index]?.trim() ?? '';
        const ids = line === '' ? [] : line.split(/\s+/).map(Number);
        expect([text, [...tokenizer.encode(text, { addBos: false })]]).toEqual([text, ids]);
        if (name !== 'bert-bge') expect(tokenizer.decode(ids, { start: true })).toBe(text);
      }
    });
  }

  it('llama.cpp has 15 vocabularies with expected ids, and 4 without', () => {
    expect([withExpectation.length, others.length]).toEqual([15, 4]);
    expect(withExpectation).toEqual(expect.arrayContaining(['gemma-4', 'llama-bpe', 'qwen35', 'bert-bge']));
  });

  // nomic-bert-moe merges white space and replaces characters.
  it.each(others.filter((name) => name !== 'nomic-bert-moe'))(
    '%s has no expectation, but gives its texts back',
    (name) => {
      const tokenizer = createTokenizer(vocabularyOfGguf(llamaCppPath(`models/ggml-vocab-${name}.gguf`)));
      const file = readFileSync(llamaCppPath('models/ggml-vocab-gpt-2.gguf.inp'), 'utf8');
      for (const text of [...file.split('\n__ggml_vocab_test__\n'), file]) {
        const ids = tokenizer.encode(text);
        expect(tokenizer.decode(ids, { start: true })).toBe(text);
      }
    },
  );
});

interface Greedy {
  readonly prompt: string;
  readonly prompt_ids?: readonly number[];
  readonly ids?: readonly number[];
  readonly text: string;
}

describe('the demo model', () => {
  const openTokenizer = () => createTokenizer(vocabularyOfGguf(demoModelPath('q4_0')));

  it("the demo model's tokenizer encodes the prompts and decodes the continuations of the reference runs", () => {
    const tokenizer = openTokenizer();
    const { greedy } = JSON.parse(readFileSync(demoReferencePath('RESULTS.json'), 'utf8')) as {
      greedy: Readonly<Record<string, readonly Greedy[]>>;
    };
    // Runs of llama.cpp's command line tool contain only text.
    const runs = Object.values(greedy).flat();
    expect(runs.length).toBeGreaterThan(10);
    for (const run of runs) {
      if (run.prompt_ids === undefined || run.ids === undefined) continue;
      expect([...tokenizer.encode(run.prompt)]).toEqual(run.prompt_ids);
      expect(tokenizer.decode(run.ids)).toBe(run.text);
    }
    expect([...tokenizer.encode('ROMEO:')]).toEqual([1020, 833, 25]);
  });

  it("the demo model's generation stops at its end of text and its end of turn, and nowhere else", () => {
    const tokenizer = openTokenizer();
    const ends = Array.from({ length: tokenizer.vocabularySize }, (_, id) => id).filter(
      tokenizer.isEndOfGeneration,
    );
    expect(ends).toEqual([1020, 1023]);
  });
});

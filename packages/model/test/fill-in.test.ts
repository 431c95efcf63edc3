// Filling in the middle of a text.
import { readGguf } from '@rondo/gguf';
import { memory } from '@rondo/source';
import { llamaCppPath } from '@rondo/testkit';
import { createTokenizer } from '@rondo/tokenizer';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { vocabularyOf } from '../src/engine/vocabulary.ts';
import { fillInPrompt, type FillIn } from '../src/generation/fill-in.ts';
import type { GenerationSummary } from '../src/generation/generation-part.ts';
import { loadModel } from '../src/load-model.ts';
import type { Model } from '../src/model.ts';
import { CONTEXT, edited, loadDemo } from './support/demo.ts';

const vocabulary = async (name: string) => {
  const bytes = await readFile(llamaCppPath(`models/ggml-vocab-${name}.gguf`));
  return createTokenizer(vocabularyOf(await readGguf(memory(bytes))));
};

/** The demo model with three tokens of its vocabulary for filling in. */
async function demoForFilling(): Promise<Model> {
  const [prefix, suffix, middle] = [900, 901, 902];
  const bytes = await edited((metadata) => {
    metadata.set('tokenizer.ggml.fim_pre_token_id', { type: 'u32', value: prefix });
    metadata.set('tokenizer.ggml.fim_suf_token_id', { type: 'u32', value: suffix });
    metadata.set('tokenizer.ggml.fim_mid_token_id', { type: 'u32', value: middle });
  });
  return loadModel(bytes, { context: CONTEXT });
}

async function summaryOf(model: Model, gap: FillIn): Promise<GenerationSummary | undefined> {
  let summary: GenerationSummary | undefined;
  for await (const part of model.generate(gap, { maxTokens: 4, temperature: 0 })) summary = part.summary;
  return summary;
}

describe('the prompt', () => {
  const gap = { prefix: 'def add(a, b):\n    return ', suffix: '\n\nprint(add(1, 2))\n' };

  it.each([
    ['starcoder', [], [1, 3, 2]],
    ['refact', [], [1, 3, 2]],
    ['deepseek-coder', [32013], [32016, 32015, 32017]],
  ])(
    '%s: prefix, suffix, and the token for the middle',
    async (name, begin, [pre = -1, suf = -1, mid = -1]) => {
      const tokenizer = await vocabulary(name);
      const plain = (text: string) => [...tokenizer.encode(text, { addBos: false })];
      expect(await fillInPrompt(gap, tokenizer, {})).toEqual([
        ...begin,
        pre,
        ...plain(gap.prefix),
        suf,
        ...plain(gap.suffix),
        mid,
      ]);
    },
  );

  it('texts that spell control tokens stay texts', async () => {
    const tokenizer = await vocabulary('starcoder');
    const texts = { prefix: 'a<fim_suffix>b<|endoftext|>', suffix: '<fim_middle>' };
    const ids = await fillInPrompt(texts, tokenizer, {});
    expect(ids.filter((id) => tokenizer.isControl(id))).toEqual([1, 3, 2]);
    expect(tokenizer.decode(ids)).toBe(texts.prefix + texts.suffix);
  });

  it('empty texts beside the gap are texts', async () => {
    expect(await fillInPrompt({ prefix: '', suffix: '' }, await vocabulary('refact'), {})).toEqual([1, 3, 2]);
  });
});

describe('model.generate', () => {
  it('goes on after the token for the middle', async () => {
    await using model = await demoForFilling();
    const summary = await summaryOf(model, { prefix: 'ROMEO:', suffix: 'my love.' });
    const plain = (text: string) => [...model.tokenizer.encode(text, { addBos: false })];
    const promptIds = [model.tokenizer.bosId ?? -1, 900, ...plain('ROMEO:'), 901, ...plain('my love.'), 902];
    expect(summary?.promptTokenIds).toEqual(promptIds);
    let same: GenerationSummary | undefined;
    for await (const part of model.generate(promptIds, { maxTokens: 4, temperature: 0 })) same = part.summary;
    expect(summary?.tokenIds).toEqual(same?.tokenIds);
  });

  it('a vocabulary without the tokens is refused by their names', async () => {
    await using model = await loadDemo();
    await expect(summaryOf(model, { prefix: 'a', suffix: 'b' })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('fim_pre_token_id, fim_suf_token_id and fim_mid_token_id'),
      details: { missing: ['prefix', 'suffix', 'middle'] },
    });
  });

  it('a text that does not fit is refused', async () => {
    await using model = await demoForFilling();
    const long = 'word '.repeat(200);
    for (const gap of [
      { prefix: long, suffix: '' },
      { prefix: '', suffix: long },
      { prefix: 'word '.repeat(100), suffix: 'word '.repeat(100) },
    ])
      await expect(summaryOf(model, gap)).rejects.toMatchObject({ code: 'CONTEXT_FULL' });
  });

  it.each<[unknown, RegExp]>([
    [{ prefix: 'a' }, /^suffix must be a text/],
    [{ suffix: 'a' }, /^prefix must be a text/],
    [{ prefix: 'a', suffix: 5 }, /^suffix must be a text/],
    [{ prefix: 'a', suffix: 'b', middle: 'c' }, /has no option "middle"/],
    [{ before: 'a' }, /^prompt must be a text, a list of token ids, or \{ prefix, suffix \}/],
  ])('%j is refused by name', async (gap, message) => {
    await using model = await loadDemo();
    await expect(summaryOf(model, gap as FillIn)).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
      message: expect.stringMatching(message),
    });
  });

  it('an abort ends the encoding of a long text', async () => {
    const tokenizer = await vocabulary('starcoder');
    const gap = { prefix: 'word '.repeat(200_000), suffix: '' };
    const reason = new Error('enough');
    const controller = new AbortController();
    const encoding = fillInPrompt(gap, tokenizer, { signal: controller.signal });
    setImmediate(() => controller.abort(reason));
    await expect(encoding).rejects.toBe(reason);
  });
});

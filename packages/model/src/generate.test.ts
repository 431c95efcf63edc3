import { describe, expect, it } from 'vitest';
import type { GenerationSummary } from './generate.ts';
import { loadDemo } from './test-support/demo.ts';
import { createStopWatch } from './stop-texts.ts';

async function run(
  options: Parameters<Awaited<ReturnType<typeof loadDemo>>['generate']>[1],
  prompt = 'ROMEO:',
) {
  await using model = await loadDemo();
  let text = '';
  let summary: GenerationSummary | undefined;
  const ids: number[] = [];
  for await (const part of model.generate(prompt, options)) {
    text += part.text;
    if (part.tokenId !== undefined) ids.push(part.tokenId);
    summary = part.summary ?? summary;
  }
  return { text, ids, summary, decoded: model.tokenizer.decode(ids) };
}

describe('generate', () => {
  it('streams what decoding all ids at once gives, and sums up', async () => {
    const { text, ids, summary, decoded } = await run({ maxTokens: 30, seed: 3 });
    expect(text).toBe(decoded);
    expect(summary).toMatchObject({ reason: 'length', promptTokenIds: [1020, 833, 25], tokenIds: ids });
    expect(summary?.timings.tokenMs).toHaveLength(29);
  });

  it('gives the same with the same seed, and another with another', async () => {
    const texts = await Promise.all([1, 1, 2].map(async (seed) => (await run({ maxTokens: 30, seed })).text));
    expect(texts[1]).toBe(texts[0]);
    expect(texts[2]).not.toBe(texts[0]);
  });

  it('remembers what it has chosen, to choose it less', async () => {
    const { ids } = await run({ maxTokens: 40, temperature: 0, repeatPenalty: 100 });
    expect(ids.length).toBeGreaterThan(10);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('ends before a stop text, also one that comes in pieces', async () => {
    const { text: whole } = await run({ maxTokens: 48, temperature: 0 });
    expect(whole).toContain(", sir, I'll");
    const { text, summary } = await run({ maxTokens: 48, temperature: 0, stop: [", sir, I'll"] });
    expect(text).toBe(whole.slice(0, whole.indexOf(", sir, I'll")));
    expect(summary?.reason).toBe('stop');
  });

  it('ends when the context is full, and refuses a prompt that does not fit', async () => {
    const { summary } = await run({ temperature: 0 }, 'word '.repeat(60));
    expect((summary?.promptTokenIds.length ?? 0) + (summary?.tokenIds.length ?? 0)).toBe(128);
    expect(summary?.reason).toBe('context');
    await expect(run({}, 'word '.repeat(200))).rejects.toMatchObject({ code: 'CONTEXT_FULL' });
  });

  it('generates nothing when nothing is asked for', async () => {
    const { text, summary } = await run({ maxTokens: 0 });
    expect(text).toBe('');
    expect(summary?.tokenIds).toEqual([]);
  });
});

describe('stop texts', () => {
  it('hold back no more than could still become one', () => {
    const watch = createStopWatch(['</s>', 'END']);
    expect([watch.push('a<'), watch.push('/'), watch.push('b</s'), watch.push('E'), watch.end()]).toEqual([
      'a',
      '',
      '</b',
      '</s',
      'E',
    ]);
    expect(watch.stopped).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import type { GenerationPart, GenerationSummary } from '../src/generation/generation-part.ts';
import { loadDemo } from './support/demo.ts';
import { createStopWatch, stopTextsOf } from '../src/generation/stop-texts.ts';

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

  it('gives parts by type: texts with their tokens, usage, and the end with its reason', async () => {
    await using model = await loadDemo();
    const parts: GenerationPart[] = [];
    for await (const part of model.generate('ROMEO:', { maxTokens: 5, temperature: 0 })) parts.push(part);
    expect(parts.map(({ type }) => type)).toEqual([
      'text',
      'text',
      'text',
      'text',
      'text',
      'usage',
      'finish',
    ]);
    const [usage, finish] = parts.slice(-2);
    expect(usage).toEqual({
      type: 'usage',
      text: '',
      promptTokens: 3,
      generatedTokens: 5,
      reasoningTokens: 0,
    });
    expect(finish).toMatchObject({ reason: 'length', text: '', summary: { reason: 'length' } });
    if (finish?.type === 'finish') expect(finish.timings).toBe(finish.summary.timings);
    expect(parts.filter(({ summary }) => summary !== undefined)).toEqual([finish]);
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
  const shownBy = (stops: readonly string[], pieces: readonly (readonly [string, string?])[]): string[] => {
    const watch = createStopWatch(stops);
    return [...pieces.map(([text, hidden]) => watch.push(text, hidden)), watch.end()];
  };

  it('match a control token, which is never shown', () => {
    expect(shownBy(['<|im_end|>'], [['a'], ['b', '<|im_end|>'], ['c']])).toEqual(['a', 'b', '', '']);
    expect(shownBy(['<|x|>'], [['a'], ['', '<|im_end|>'], ['b']])).toEqual(['a', '', 'b', '']);
  });

  it('match control tokens and text together, and hold both back as long as they may', () => {
    const stops = ['<|end|>\nUser'];
    expect(shownBy(stops, [['a', '<|end|>'], ['\nUs'], ['er: x']])).toEqual(['a', '', '', '']);
    expect(shownBy(stops, [['a', '<|end|>'], ['\nUs'], ['ual']])).toEqual(['a', '', '\nUsual', '']);
    expect(shownBy(['a<|x|>b'], [['za', '<|x|>'], ['']])).toEqual(['z', '', 'a']);
  });

  it('half of a character, and what is no text, are refused by name; one text is a list of one', () => {
    expect(stopTextsOf('abc')).toEqual(['abc']);
    expect(stopTextsOf(undefined)).toEqual([]);
    for (const bad of ['\ude42', '\ud83d', 'a\ud83d', ['ok', '\ude42x']]) {
      expect(() => stopTextsOf(bad)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
    }
    expect(stopTextsOf('🙂')).toEqual(['🙂']);
    const untyped: unknown = [5];
    expect(() => stopTextsOf(untyped as string[])).toThrow('stop must be a text');
  });

  it.each([{ stop: '' }, { stop: [''] }, { stop: ['a', ''] }, { stop: ['', 'a'] }])(
    '$stop has an empty text and is refused by name, before anything is generated',
    async ({ stop }) => {
      const refused = { code: 'BAD_ARGUMENT', message: expect.stringMatching(/^stop has an empty text/) };
      expect(() => stopTextsOf(stop)).toThrow(expect.objectContaining(refused));
      await expect(run({ maxTokens: 1, stop })).rejects.toMatchObject(refused);
    },
  );

  it('no stop texts are an empty list of them', async () => {
    expect((await run({ maxTokens: 1, stop: [] })).summary?.reason).toBe('length');
  });

  it('end a generation given as one text, and at a control token', async () => {
    const { text: whole } = await run({ maxTokens: 48, temperature: 0 });
    const one = await run({ maxTokens: 48, temperature: 0, stop: ', sir' });
    expect([one.text, one.summary?.reason]).toEqual([whole.slice(0, whole.indexOf(', sir')), 'stop']);
    await using model = await loadDemo();
    const [end = -1] = model.tokenizer.encode('<|end|>', { special: true, addBos: false });
    // A vocabulary in which the token that ends a turn is a control token like others.
    Object.assign(model.tokenizer, { isEndOfGeneration: () => false });
    let summary: GenerationSummary | undefined;
    const chat = model.createChat();
    for await (const part of chat.send('Speak!', { temperature: 0, stop: '<|end|>', maxTokens: 100 })) {
      summary = part.summary;
    }
    expect([summary?.reason, summary?.tokenIds.at(-1)]).toEqual(['stop', end]);
  });

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

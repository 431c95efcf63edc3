// Every architecture by itself: memory, batches and what a session keeps change no logits.
import { encodeGguf } from '@rondo/gguf';
import { memory } from '@rondo/source';
import { synthesize, synthShapes, type SynthShape } from '@rondo/synth';
import { cpu } from '@rondo/backend-cpu';
import { afterAll, describe, expect, it } from 'vitest';
import type { LoadOptions } from '../src/engine/load-options.ts';
import type { GenerateOptions } from '../src/generation/generate-options.ts';
import { promptLookup } from '../src/generation/speculation/index.ts';
import { loadModel } from '../src/load-model.ts';
import type { Model } from '../src/model.ts';

const shapes = Object.entries(synthShapes).flatMap(([name, shape]): [string, SynthShape][] =>
  name.startsWith('tiny-') && name !== 'tiny-experts' ? [[name.slice(5), shape]] : [],
);
/** Some tokens of the made-up vocabulary, without an end of text. */
const text = (seed: number, tokens: number) => [
  1,
  ...Array.from({ length: tokens - 1 }, (_, index) => 260 + ((index * 37 + seed * 11) % 120)),
];
/** Longer than two windows, and a repetition for a lookup to find. */
const prompt = [...text(0, 30), ...text(0, 12).slice(1)];

/** One backend for all models, because each new one starts a thread. */
const backend = await cpu({ threads: 1 });
afterAll(() => backend.dispose());

describe.each(shapes)('%s', (name, shape) => {
  const file = encodeGguf(synthesize(shape, { dtype: 'Q8_0' }));
  const load = async (options: LoadOptions = {}) =>
    loadModel(memory(await file), {
      context: 160,
      backend,
      onWarning: () => {},
      ...options,
    });

  /** The logits behind each of the last tokens, in one call, or in a call for each. */
  async function logitsOf(model: Model, ids: readonly number[], last: number, oneByOne = false) {
    const rows: number[][] = [];
    const from = ids.length - last;
    if (!oneByOne) await model.eachLogits(ids, from, (row) => rows.push([...row]));
    else
      for (let end = from; end < ids.length; end++)
        await model.eachLogits(ids.slice(0, end + 1), end, (row) => rows.push([...row]));
    expect(rows).toHaveLength(last);
    expect(rows.flat().every(Number.isFinite)).toBe(true);
    return rows;
  }

  async function idsOf(model: Model, ids: readonly number[], options: GenerateOptions = {}) {
    const made: number[] = [];
    for await (const { tokenId } of model.generate(ids, { maxTokens: 40, temperature: 0, ...options }))
      if (tokenId !== undefined) made.push(tokenId);
    return made;
  }

  it(`streamed in the least memory, the logits are those of the resident model, bit for bit (${name})`, async () => {
    await using resident = await load();
    const expected = await logitsOf(resident, prompt, 6);
    // Keys and values of a long context would leave room for all of the weights while they are not used.
    const context = prompt.length + 1;
    const refusal: unknown = await load({ context, memory: 1000 }).catch((error: unknown) => error);
    const { neededBytes } = (refusal as { details: { neededBytes: number } }).details;
    await using streamed = await load({ context, memory: neededBytes });
    expect(streamed.streams).toBe(true);
    expect(await logitsOf(streamed, prompt, 6)).toEqual(expected);
    expect(streamed.stats().evictions).toBeGreaterThan(0);
  });

  it(`a call for all tokens gives the logits of a call for each (${name})`, async () => {
    await using model = await load();
    const together = await logitsOf(model, prompt, 24);
    await using other = await load();
    expect(await logitsOf(other, prompt, 24, true)).toEqual(together);
  });

  it(`texts that share passes are continued as each alone (${name})`, async () => {
    const prompts = [prompt, text(5, 7), text(9, 33)];
    const alone: number[][] = [];
    for (const ids of prompts) {
      await using model = await load();
      alone.push(await idsOf(model, ids));
    }
    await using shared = await load({ sessions: prompts.length });
    expect(await Promise.all(prompts.map((ids) => idsOf(shared, ids)))).toEqual(alone);
  });

  it(`a session that goes back, near or beyond its windows, continues as a fresh model does (${name})`, async () => {
    await using used = await load();
    const first = await idsOf(used, prompt);
    const others = [
      // A shared start that ends inside the prompt, then one that ends in what was generated.
      [...prompt.slice(0, 20), ...text(3, 9)],
      [...prompt, ...first.slice(0, 30), ...text(4, 5)],
      [...prompt, ...first.slice(0, 29)],
      prompt.slice(0, 3),
      prompt,
    ];
    for (const ids of others) {
      const continued = await idsOf(used, ids);
      await using fresh = await load();
      expect(await idsOf(fresh, ids)).toEqual(continued);
    }
  });

  it(`tokens that a lookup proposes and the model refuses leave no trace (${name})`, async () => {
    await using plain = await load();
    const expected = await idsOf(plain, prompt);
    await using speculating = await load();
    expect(await idsOf(speculating, prompt, { speculate: promptLookup({ tokens: 6 }) })).toEqual(expected);
  });
});

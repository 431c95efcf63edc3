// A model with recurrent layers: what goes on from a copy of their states, and what is run again. That the text is the same in any
// case, `architectures.test.ts` shows.
import { cpu } from '@rondo/backend-cpu';
import { encodeGguf } from '@rondo/gguf';
import { memory } from '@rondo/source';
import { synthesize, synthShapes } from '@rondo/synth';
import { describe, expect, it } from 'vitest';
import type { LoadOptions } from '../src/engine/load-options.ts';
import type { GenerateOptions } from '../src/generation/generate-options.ts';
import { loadModel } from '../src/load-model.ts';
import type { Model } from '../src/model.ts';

/** A model for each kind of recurrent layer: delta nets, short convolutions and Mamba-2, with and without experts. */
const names = ['qwen35', 'lfm2', 'lfm2moe', 'granitehybrid', 'nemotron_h', 'nemotron_h_moe'] as const;
type Name = (typeof names)[number];

/** Loads the tiny model of an architecture. */
const loaderOf = (name: Name) => {
  const file = encodeGguf(synthesize(synthShapes[`tiny-${name}`], { dtype: 'Q8_0' }));
  return async (options: LoadOptions = {}) =>
    loadModel(memory(await file), { context: 160, backend: cpu({ threads: 1 }), ...options });
};
const load = loaderOf('qwen35');
/** In the least memory for a context of 64 tokens. */
async function inLeastMemory(open: ReturnType<typeof loaderOf>): Promise<Model> {
  const refusal: unknown = await open({ context: 64, memory: 1000 }).catch((error: unknown) => error);
  const { neededBytes } = (refusal as { details: { neededBytes: number } }).details;
  return open({ context: 64, memory: neededBytes });
}
const prompt = [1, ...Array.from({ length: 39 }, (_, index) => 260 + ((index * 37) % 120))];
/** Float32 values of the states of a session: three layers, each with three windows and the state of four heads. */
const STATE_VALUES = 3 * (3 * (64 + 64 + 128) + 4 * 32 * 32);
/** Of keys and values of the one layer that attends. */
const TOKEN_VALUES = 2 * 2 * 32;

/** The ids that a model makes, and how many tokens it reads for the first of them. */
async function made(model: Model, ids: readonly number[], options: GenerateOptions = {}) {
  const tokens: number[] = [];
  let read = 0;
  const onPrefill = (_: number, ofTokens: number) => {
    read = ofTokens;
  };
  const all = { maxTokens: 12, temperature: 0, onPrefill, ...options };
  for await (const { tokenId } of model.generate(ids, all)) if (tokenId !== undefined) tokens.push(tokenId);
  return { tokens, read };
}

describe.each(names)('a text with recurrent states (%s)', (name) => {
  const open = loaderOf(name);

  it('that is asked for again is read from its last token on, and is the same', async () => {
    await using model = await open();
    const first = await made(model, prompt);
    expect(first.read).toBe(prompt.length);
    for (let time = 0; time < 3; time++)
      expect(await made(model, prompt)).toEqual({ tokens: first.tokens, read: 1 });
  });

  it('that goes on where it stopped is read from there on', async () => {
    await using model = await open();
    const { tokens } = await made(model, prompt);
    const { read } = await made(model, [...prompt, ...tokens, 300, 301]);
    // The token that was made last has not been run yet.
    expect(read).toBe(3);
  });

  it('that goes on from its prompt otherwise is read from the end of the prompt on', async () => {
    await using model = await open();
    await made(model, prompt);
    const other = [...prompt, 301, 302, 303];
    const { read, tokens } = await made(model, other);
    expect(read).toBe(4);
    await using fresh = await open();
    expect((await made(fresh, other)).tokens).toEqual(tokens);
  });

  it('that parts inside its prompt is read anew', async () => {
    await using model = await open();
    await made(model, prompt);
    const other = [...prompt.slice(0, 20), 301, 302];
    expect((await made(model, other)).read).toBe(other.length);
  });

  it('whose reading was aborted is read as by a fresh model', async () => {
    await using fresh = await open();
    const expected = await made(fresh, prompt);
    // A prompt takes several passes.
    await using model = await inLeastMemory(open);
    const controller = new AbortController();
    const reason = new Error('Enough.');
    const onPrefill = () => controller.abort(reason);
    await expect(made(model, prompt, { onPrefill, signal: controller.signal })).rejects.toBe(reason);
    expect((await made(model, prompt)).tokens).toEqual(expected.tokens);
  });
});

describe.each([
  ['all of whose layers are recurrent', { full_attention_interval: 100 }],
  ['none of whose layers is recurrent', { full_attention_interval: 1 }],
  ['whose convolutions see two positions', { 'ssm.conv_kernel': 2 }],
  ['whose heads of values each have a head of keys', { 'ssm.group_count': 4 }],
  ['whose heads of values share one head of keys', { 'ssm.group_count': 1 }],
  ['whose values are longer than its keys', { 'ssm.state_size': 24 }],
])('a model %s', (_name, numbers) => {
  const base = synthShapes['tiny-qwen35'];
  const entries = Object.entries(numbers).map(([key, value]) => [key, { type: 'u32', value }] as const);
  const shape = { ...base, keys: { ...base.keys, ...Object.fromEntries(entries) } };
  const bytes = encodeGguf(synthesize(shape, { dtype: 'Q8_0' }));
  const open = async (options: LoadOptions = {}) =>
    loadModel(memory(await bytes), { context: 64, backend: cpu({ threads: 2 }), ...options });

  async function logits(model: Model, oneByOne: boolean): Promise<number[][]> {
    const rows: number[][] = [];
    const keep = (row: Float32Array) => rows.push([...row]);
    if (!oneByOne) await model.eachLogits(prompt, 0, keep);
    else
      for (let end = 1; end <= prompt.length; end++) {
        const ids = prompt.slice(0, end);
        await model.eachLogits(ids, end - 1, keep);
      }
    expect(rows).toHaveLength(prompt.length);
    expect(rows.flat().every(Number.isFinite)).toBe(true);
    return rows;
  }

  it('gives in the least memory, token by token, the logits of one call for all tokens', async () => {
    await using whole = await open();
    const expected = await logits(whole, false);
    const refusal: unknown = await open({ memory: 1000 }).catch((error: unknown) => error);
    const { neededBytes } = (refusal as { details: { neededBytes: number } }).details;
    await using small = await open({ memory: neededBytes });
    expect(await logits(small, true)).toEqual(expected);
    expect(await logits(small, false)).toEqual(expected);
  });
});

describe('the memory of recurrent states', () => {
  it('is counted in all slots, whatever the context', async () => {
    for (const context of [40, 160]) {
      await using model = await load({ context });
      const { stateSlots, kvCacheBytes, fullKvCacheBytes } = model.budget;
      expect(stateSlots).toBe(3);
      expect(kvCacheBytes).toBe(4 * (stateSlots * STATE_VALUES + context * TOKEN_VALUES));
      expect(fullKvCacheBytes).toBe(kvCacheBytes);
    }
  });

  it('has no copies where they would take much of what is granted', async () => {
    await using model = await inLeastMemory(load);
    const { stateSlots, fullKvCacheBytes } = model.budget;
    expect(stateSlots).toBe(1);
    expect(fullKvCacheBytes).toBeLessThan(2 * 4 * (STATE_VALUES + 64 * TOKEN_VALUES));
    const { tokens } = await made(model, prompt);
    expect(await made(model, prompt)).toEqual({ tokens, read: prompt.length });
  });

  it('leaves a default context its share of what is left', async () => {
    await using model = await load({ context: undefined, memory: '2MiB' });
    expect(model.budget.contextTokens).toBe(512);
  });
});

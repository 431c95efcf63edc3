// Gemma 4: per-layer embeddings are read by row and never loaded, and scales of layers are numbers of the host.
import { encodeGguf } from '@rondo/gguf';
import { memory } from '@rondo/source';
import { synthesize, synthShapes } from '@rondo/synth';
import { rowBytes } from '@rondo/tensor';
import { RondoError } from '@rondo/errors';
import { hookedSource } from '@rondo/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LoadOptions } from '../src/engine/load-options.ts';
import { plan } from '../src/engine/plan.ts';
import { loadModel } from '../src/load-model.ts';
import { edited, greedy } from './support/demo.ts';

const TABLE = 'per_layer_token_embd.weight';
const shape = synthShapes['tiny-gemma4'];
const prompt = [1, ...Array.from({ length: 40 }, (_, index) => 260 + ((index * 37) % 120))];

let bytes = new Uint8Array();
beforeAll(async () => {
  bytes = Uint8Array.from(await encodeGguf(synthesize(shape, { dtype: 'Q8_0' })));
});
const load = (options: LoadOptions = {}, file = bytes) =>
  loadModel(memory(file), { context: 128, ...options });
/** The file with other values in a tensor of floats. */
const withValues = (name: string, values: readonly number[]) =>
  edited((_, tensors) => {
    const tensor = tensors.get(name);
    if (!tensor) throw new Error(`The model has no tensor ${name}.`);
    const data = new Uint8Array(Float32Array.from(values).buffer);
    tensors.set(name, { ...tensor, shape: [values.length], data });
  }, bytes);

describe('per-layer embeddings', () => {
  it('their table is no part of the weights, and a token reads one row of it', async () => {
    await using model = await load();
    expect(model.streams).toBe(false);
    const table = model.gguf.tensors.get(TABLE)?.bytes ?? 0;
    const all = [...model.gguf.tensors.values()].reduce((sum, tensor) => sum + tensor.bytes, 0);
    expect(table).toBeGreaterThan(0.02 * all);
    expect(model.budget.allWeightBytes).toBeLessThan(all - table + 64 * 1024);
    await model.eachLogits(prompt, prompt.length - 1, () => {});
    model.resetStats();
    await model.eachLogits([...prompt, 300], prompt.length, () => {});
    const row = rowBytes('Q8_0', 6 * 16);
    const { dtype } = model.gguf.tensors.get('token_embd.weight') ?? { dtype: 'F32' };
    expect(model.stats().bytesRead).toBe(row + rowBytes(dtype, shape.width));
  });

  it('the budget has room for the parts of all layers, for each token of a batch', async () => {
    const perToken = async (width: number) => {
      const keys = {
        ...shape.keys,
        embedding_length_per_layer_input: { type: 'u32', value: width },
      } as const;
      const file = await encodeGguf(synthesize({ ...shape, keys }, { dtype: 'F32' }));
      await using model = await load({ memory: '64MB' }, Uint8Array.from(file));
      const { activationBytes, batchTokens, logitRows } = model.budget;
      return (activationBytes - logitRows * model.config.vocabularySize * 4) / batchTokens;
    };
    expect((await perToken(64)) - (await perToken(16))).toBeGreaterThanOrEqual(6 * 4 * (64 - 16));
  });

  it('a plan expects no reads of the table', async () => {
    const { streams, budget } = await plan(memory(bytes), { context: 128 });
    await using model = await load();
    expect([streams, budget.allWeightBytes]).toEqual([false, model.budget.allWeightBytes]);
  });

  it('a prompt longer than a batch has its rows in every batch', async () => {
    await using resident = await load();
    const expected = await greedy(resident, prompt, 12);
    const refused: unknown = await load({ memory: 1000 }).catch((error: unknown) => error);
    const { neededBytes } = (refused as { details: { neededBytes: number } }).details;
    await using streamed = await load({ memory: neededBytes });
    expect(streamed.budget.batchTokens).toBeLessThan(prompt.length / 4);
    expect(await greedy(streamed, prompt, 12)).toEqual(expected);
  });

  it('a row that cannot be read ends the text with the error of the source, and the next text is as ever', async () => {
    await using whole = await load();
    const expected = await greedy(whole, prompt, 8);
    const { offset = 0, bytes: length = 0 } = whole.gguf.tensors.get(TABLE) ?? {};
    let failing = false;
    const source = hookedSource(memory(bytes), ({ offset: at }) => {
      if (failing && at >= offset && at < offset + length)
        throw new RondoError('READ_FAILED', 'The disk is gone.');
    });
    await using model = await loadModel(source, { context: 128 });
    failing = true;
    await expect(greedy(model, prompt, 8)).rejects.toMatchObject({ code: 'READ_FAILED' });
    failing = false;
    expect(await greedy(model, prompt, 8)).toEqual(expected);
  });

  it('a table for another number of tokens is refused by its shape', async () => {
    const file = await edited((_, tensors) => {
      const table = tensors.get(TABLE);
      if (!table) throw new Error('The model has no table.');
      const [rows = 0, width = 0] = table.shape;
      const data = new Uint8Array((rows - 1) * rowBytes(table.dtype, width));
      tensors.set(TABLE, { ...table, shape: [rows - 1, width], data });
    }, bytes);
    await expect(load({}, Uint8Array.from(file))).rejects.toMatchObject({
      code: 'BAD_TENSOR_SHAPE',
      details: { name: TABLE },
    });
  });
});

describe('the scale of what a layer gives', () => {
  const name = 'blk.1.layer_output_scale.weight';

  it('multiplies the whole activation: a scale of 0 forgets all layers before it', async () => {
    const logitsOf = async (file: Uint8Array, ids: readonly number[]) => {
      await using model = await load({}, Uint8Array.from(file));
      const rows: number[][] = [];
      await model.eachLogits(ids, ids.length - 1, (row) => rows.push([...row]));
      return rows[0];
    };
    const file = await withValues('blk.5.layer_output_scale.weight', [0]);
    const first = await logitsOf(file, prompt);
    expect(first).toEqual(await logitsOf(file, prompt.slice(0, 3)));
    expect(first?.every((logit) => logit === 0)).toBe(true);
    expect(await logitsOf(bytes, prompt)).not.toEqual(await logitsOf(bytes, prompt.slice(0, 3)));
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('%f is refused by the tensor', async (value) => {
    await expect(load({}, Uint8Array.from(await withValues(name, [value])))).rejects.toMatchObject({
      code: 'BAD_CONFIG',
      message: expect.stringContaining(name),
    });
  });

  it('two of them are refused by the tensor', async () => {
    await expect(load({}, Uint8Array.from(await withValues(name, [1, 1])))).rejects.toMatchObject({
      code: 'BAD_TENSOR_SHAPE',
      details: { name },
    });
  });

  it('a load aborted while scales are read ends with the reason', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    await using whole = await load();
    const { offset = 0 } = whole.gguf.tensors.get(name) ?? {};
    const source = hookedSource(memory(bytes), ({ offset: at }) => {
      if (at === offset) controller.abort(reason);
    });
    const { signal } = controller;
    await expect(loadModel(source, { context: 128, signal })).rejects.toBe(reason);
  });
});

describe('experts beside a feed-forward network', () => {
  const mixture = synthShapes['tiny-gemma4-experts'];
  const made = async (optional: readonly string[] = mixture.optional) =>
    Uint8Array.from(await encodeGguf(synthesize({ ...mixture, optional }, { dtype: 'F32' })));
  const scales = (layer: number) => `blk.${layer}.ffn_down_exps.scale`;

  it('gate and up of each expert in one tensor, the gate first, are those in tensors of their own', async () => {
    const joined = await made();
    const separate = await edited((_, tensors) => {
      for (const { name, shape: [count = 0, rows = 0, width = 0] = [], data } of tensors.values()) {
        if (!name.endsWith('ffn_gate_up_exps.weight') || !(data instanceof Uint8Array)) continue;
        const half = (rows / 2) * width * 4;
        for (const [part, role] of ['gate', 'up'].entries()) {
          const own = new Uint8Array(count * half);
          for (let expert = 0; expert < count; expert++) {
            const start = (2 * expert + part) * half;
            own.set(data.subarray(start, start + half), expert * half);
          }
          const other = name.replace('gate_up', role);
          tensors.set(other, { name: other, dtype: 'F32', shape: [count, rows / 2, width], data: own });
        }
        tensors.delete(name);
      }
    }, joined);
    await using one = await load({}, joined);
    await using other = await load({}, Uint8Array.from(separate));
    expect(other.gguf.tensors.has('blk.5.ffn_up_exps.weight')).toBe(true);
    expect(await greedy(other, prompt, 16)).toEqual(await greedy(one, prompt, 16));
  });

  it.each(['tensor', 'layer'] as const)(
    'streamed by the %s, the text is that of the resident model',
    async (grain) => {
      const file = await made();
      await using resident = await load({}, file);
      const expected = await greedy(resident, prompt, 12);
      await using streamed = await load({ memory: '2.2MB', grain }, file);
      expect(streamed.streams).toBe(true);
      expect(await greedy(streamed, prompt, 12)).toEqual(expected);
      const { accesses, hits, lateHits, misses } = streamed.stats();
      expect(hits + lateHits + misses).toBe(accesses);
    },
  );

  it('a scale of an expert that is not finite is refused by the tensor', async () => {
    const file = await edited(
      (_, tensors) => {
        const name = scales(2);
        const data = new Uint8Array(Float32Array.from({ length: 8 }, (__, i) => (i === 3 ? NaN : 1)).buffer);
        tensors.set(name, { name, dtype: 'F32', shape: [8], data });
      },
      await made(),
    );
    await expect(load({}, Uint8Array.from(file))).rejects.toMatchObject({
      code: 'BAD_CONFIG',
      message: expect.stringContaining(scales(2)),
    });
  });

  it('scales for another number of experts are refused by the shape of the tensor', async () => {
    const file = await edited(
      (_, tensors) => {
        const name = scales(4);
        tensors.set(name, { name, dtype: 'F32', shape: [7], data: new Uint8Array(28) });
      },
      await made(),
    );
    await expect(load({}, Uint8Array.from(file))).rejects.toMatchObject({
      code: 'BAD_TENSOR_SHAPE',
      details: { name: scales(4) },
    });
  });
});

it('a file without divisors of the rotary frequencies is refused: layers without a window need them', async () => {
  const file = await edited((_, tensors) => tensors.delete('rope_freqs.weight'), bytes);
  await expect(load({}, Uint8Array.from(file))).rejects.toMatchObject({
    code: 'MISSING_TENSOR',
    details: { name: 'rope_freqs.weight' },
  });
});

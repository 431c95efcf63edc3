// Files of Mixtral before April 2024 have a tensor for each expert. They give the tokens of the files that stack the experts.
import { encodeGguf, readGguf, type TensorToWrite } from '@rondo/gguf';
import { memory } from '@rondo/source';
import { synthesize, synthShapes } from '@rondo/synth';
import { beforeAll, expect, it } from 'vitest';
import type { LoadOptions } from '../src/engine/load-options.ts';
import { loadModel } from '../src/load-model.ts';
import { greedy } from './support/demo.ts';

const prompt = 'so it begins, and then it goes on as it began';
const steps = 16;
const model = synthesize(synthShapes['tiny-experts'], { dtype: 'Q4_0' });

/** A tensor whose bytes are in memory. */
type LoadedTensor = TensorToWrite & { readonly data: Uint8Array };

/** The experts of a stack as tensors of their own; other tensors as they are. */
function split(tensor: LoadedTensor): LoadedTensor[] {
  const [, layer, matrix] = /^blk\.(\d+)\.(ffn_\w+)_exps\.weight$/.exec(tensor.name) ?? [];
  if (matrix === undefined) return [tensor];
  const [experts = 1, ...shape] = tensor.shape;
  const length = tensor.data.length / experts;
  return Array.from({ length: experts }, (_, expert) => ({
    ...tensor,
    name: `blk.${layer}.${matrix}.${expert}.weight`,
    shape,
    data: tensor.data.slice(expert * length, (expert + 1) * length),
  }));
}

let stacked: readonly LoadedTensor[];
let apart: readonly LoadedTensor[];
beforeAll(async () => {
  const { gguf, source } = await writtenModel();
  stacked = await Promise.all(
    [...gguf.tensors.values()].map(async ({ name, dtype, shape, offset, bytes }) => {
      const data = new Uint8Array(bytes);
      await source.readInto(data, offset, {});
      return { name, dtype, shape, data };
    }),
  );
  apart = stacked.flatMap(split);
});

async function writtenModel() {
  const source = memory(Uint8Array.from(await encodeGguf(model)));
  return { gguf: await readGguf(source), source };
}

const opened = async (tensors: readonly TensorToWrite[], options: LoadOptions = {}) =>
  loadModel(memory(Uint8Array.from(await encodeGguf({ ...model, tensors }))), { context: 128, ...options });

async function tokens(tensors: readonly TensorToWrite[], options: LoadOptions = {}): Promise<number[]> {
  await using loaded = await opened(tensors, options);
  expect(loaded.streams).toBe(options.memory !== undefined);
  return await greedy(loaded, prompt, steps);
}

it('a tensor for each expert gives the tokens of one tensor for all experts, resident and streamed', async () => {
  const expected = await tokens(stacked);
  expect(await tokens(apart)).toEqual(expected);
  expect(await tokens(apart, { memory: '2.7MB' })).toEqual(expected);
});

it('an expert that is missing is named', async () => {
  const without = apart.filter(({ name }) => name !== 'blk.1.ffn_up.5.weight');
  await expect(opened(without)).rejects.toMatchObject({
    code: 'MISSING_TENSOR',
    details: { name: 'blk.1.ffn_up.5.weight' },
  });
});

it('an expert more than the metadata has is named', async () => {
  const last = apart.find(({ name }) => name === 'blk.1.ffn_up.7.weight');
  if (!last) throw new Error('The model has eight experts.');
  await expect(opened([...apart, { ...last, name: 'blk.1.ffn_up.8.weight' }])).rejects.toMatchObject({
    code: 'UNUSED_TENSOR',
    details: { name: 'blk.1.ffn_up.8.weight' },
  });
});

it('an expert of another type than the first is named', async () => {
  const changed = apart.map((tensor): TensorToWrite => {
    if (tensor.name !== 'blk.0.ffn_down.3.weight') return tensor;
    const elements = tensor.shape.reduce((product, size) => product * size, 1);
    return { ...tensor, dtype: 'F16', data: new Uint8Array(2 * elements) };
  });
  await expect(opened(changed)).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    details: { name: 'blk.0.ffn_down.3.weight', dtype: 'F16', expected: 'Q4_0' },
  });
});

// Scales of matrices, as files of NVFP4 have them: products are multiplied by the scale. A matrix divided by a power of two
// whose scale is that power gives the very bits of the matrix alone.
import { encodeGguf, readGguf } from '@rondo/gguf';
import { memory } from '@rondo/source';
import { synthesize, synthShapes, type SynthShapeName } from '@rondo/synth';
import { describe, expect, it } from 'vitest';
import type { LoadOptions } from '../src/engine/load-options.ts';
import { readModel } from '../src/engine/read-model.ts';
import { loadModel } from '../src/load-model.ts';
import { edited } from './support/demo.ts';

const prompt = [1, ...Array.from({ length: 12 }, (_, index) => 260 + ((index * 37) % 100))];
const scalable = /(attn_(q|k|v|output)|ffn_(gate|up|down)(_exps)?|^output)\.weight$/;

async function made(name: SynthShapeName): Promise<Uint8Array<ArrayBuffer>> {
  const shape = { ...synthShapes[name], optional: [] };
  return Uint8Array.from(await encodeGguf(synthesize(shape, { dtype: 'F32' })));
}

/** The model with each matrix divided by a power of two, and a scale beside it; experts have different powers. */
const scaled = (bytes: Uint8Array<ArrayBuffer>) =>
  edited((_, tensors) => {
    for (const [index, tensor] of [...tensors.values()].entries()) {
      const { name, shape = [], data } = tensor;
      if (!scalable.test(name) || !(data instanceof Uint8Array)) continue;
      const experts = shape.length === 3 ? (shape[0] ?? 1) : 1;
      const powers = Array.from({ length: experts }, (__, expert) => 2 ** (((index + expert) % 5) - 2));
      const values = new Float32Array(data.slice().buffer);
      const each = values.length / experts;
      const divided = values.map((value, i) => value / (powers[Math.floor(i / each)] ?? Number.NaN));
      tensors.set(name, { ...tensor, data: new Uint8Array(divided.buffer) });
      const scale = name.replace(/weight$/, 'scale');
      const scales = new Uint8Array(Float32Array.from(powers).buffer);
      tensors.set(scale, { name: scale, dtype: 'F32', shape: [experts], data: scales });
    }
  }, bytes);

async function logitsOf(file: Uint8Array, options: LoadOptions = {}): Promise<number[]> {
  await using model = await loadModel(memory(file), { context: 64, ...options });
  const logits: number[] = [];
  await model.eachLogits(prompt, prompt.length - 1, (row) => logits.push(...row.subarray(0, 200)));
  return logits;
}

describe.each(['tiny-llama', 'tiny-qwen3moe'] as const)('scales of the matrices of %s', (name) => {
  it('multiply the products, in memory and streamed', async () => {
    const plain = await made(name);
    const file = Uint8Array.from(await scaled(plain));
    expect(file.length).toBeGreaterThan(plain.length);
    const expected = await logitsOf(plain);
    expect(expected).toHaveLength(200);
    expect(await logitsOf(file)).toEqual(expected);
    await using model = await loadModel(memory(file), { context: 64, memory: '1MB' });
    expect(model.streams).toBe(true);
    expect(await logitsOf(file, { memory: '1MB' })).toEqual(expected);
  });
});

it('a scale that is not finite is refused by its name', async () => {
  const file = await edited(
    (_, tensors) => {
      const data = new Uint8Array(Float32Array.of(Number.NaN).buffer);
      tensors.set('output.scale', { name: 'output.scale', dtype: 'F32', shape: [1], data });
    },
    await made('tiny-llama'),
  );
  await expect(loadModel(memory(Uint8Array.from(file)), { context: 64 })).rejects.toMatchObject({
    code: 'BAD_CONFIG',
    details: { tensor: 'output.scale' },
  });
});

it('a scale of another shape is refused', async () => {
  const file = await edited(
    (_, tensors) => {
      const data = new Uint8Array(8);
      const name = 'blk.0.attn_q.scale';
      tensors.set(name, { name, dtype: 'F32', shape: [2], data });
    },
    await made('tiny-llama'),
  );
  await expect(loadModel(memory(Uint8Array.from(file)), { context: 64 })).rejects.toMatchObject({
    code: 'BAD_TENSOR_SHAPE',
  });
});

it('scales of activations, which only kernels that quantize these read, are skipped with a warning', async () => {
  const file = await edited(
    (_, tensors) => {
      const data = new Uint8Array(Float32Array.of(0.5).buffer);
      const name = 'blk.0.attn_q.input_scale';
      tensors.set(name, { name, dtype: 'F32', shape: [1], data });
    },
    await made('tiny-llama'),
  );
  const source = memory(Uint8Array.from(file));
  const { warnings } = await readModel(await readGguf(source), source, {});
  expect(warnings).toMatchObject([{ code: 'SKIPPED_TENSORS' }]);
});

// What is no model, or not all of one, is refused by name, and nothing stays open.
import { writeFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeGguf, readGguf, type MetadataValue, type TensorToWrite } from '@rondo/gguf';
import { synthesize, synthShapes } from '@rondo/synth';
import { memory } from '@rondo/source';
import { rowBytes } from '@rondo/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../src/load-model.ts';
import { demoBytes, demoSource, edited } from './support/demo.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rondo-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Open files of this process, where the system tells. */
const openFiles = async () => (await readdir('/proc/self/fd').catch(() => [])).length;

async function refused(bytes: Uint8Array): Promise<unknown> {
  const path = join(folder, 'model.gguf');
  await writeFile(path, bytes);
  const before = await openFiles();
  const error = await loadModel(path).then(
    () => 'loaded',
    (thrown: unknown) => thrown,
  );
  expect(await openFiles()).toBe(before);
  return error;
}

describe('1-4: files that are no model', () => {
  it('an empty file, the magic alone, a page, a pointer', async () => {
    const text = (value: string) => new TextEncoder().encode(value);
    expect(await refused(new Uint8Array())).toMatchObject({ code: 'TRUNCATED' });
    expect(await refused(text('GGUF'))).toMatchObject({ code: 'TRUNCATED' });
    expect(await refused(text('<!doctype html><title>Not found</title>'))).toMatchObject({
      code: 'BAD_MAGIC',
    });
    expect(await refused(text('version https://git-lfs.github.com/spec/v1\noid sha256:00'))).toMatchObject({
      code: 'BAD_MAGIC',
    });
  });

  it('a file cut in its header and in its data', async () => {
    const bytes = await demoBytes();
    const { dataOffset } = await readGguf(await demoSource());
    for (const length of [100, dataOffset - 100]) {
      expect(await refused(bytes.subarray(0, length))).toMatchObject({ code: 'TRUNCATED' });
    }
    for (const length of [dataOffset, bytes.length - 1]) {
      const error = await refused(bytes.subarray(0, length));
      expect(error).toMatchObject({
        name: 'RondoError',
        code: expect.stringMatching(/TRUNCATED|BAD_OFFSET/),
      });
    }
  });

  it('a file that is not there', async () => {
    await expect(loadModel(join(folder, 'none.gguf'))).rejects.toMatchObject({ name: 'RondoError' });
  });
});

describe('41-46: metadata and tensors that contradict each other', () => {
  it('41: no layers, a billion layers, or a text for their number', async () => {
    for (const value of [
      { type: 'u32', value: 0 },
      { type: 'u32', value: 1e9 },
      { type: 'string', value: 'eight' },
    ] as const) {
      const error = await refused(await edited((metadata) => metadata.set('llama.block_count', value)));
      expect(error).toMatchObject({
        code: 'BAD_CONFIG',
        message: expect.stringContaining('llama.block_count'),
      });
    }
  });

  it('42-43: heads that are zero or do not divide', async () => {
    for (const value of [0, 3]) {
      const bad = await edited((metadata) =>
        metadata.set('llama.attention.head_count_kv', { type: 'u32', value }),
      );
      expect(await refused(bad)).toMatchObject({ code: 'BAD_CONFIG' });
    }
  });

  it('44: a rope base or an epsilon that is no number', async () => {
    for (const key of ['llama.rope.freq_base', 'llama.attention.layer_norm_rms_epsilon']) {
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
        const bad = await edited((metadata) => metadata.set(key, { type: 'f32', value }));
        expect(await refused(bad)).toMatchObject({
          code: 'BAD_CONFIG',
          message: expect.stringContaining(key),
        });
      }
    }
  });

  it('45: each tensor, when it is missing, is named', async () => {
    const { tensors } = await readGguf(await demoSource());
    const names = [...tensors.keys()].filter((name) => !/blk\.[1-6]/.test(name));
    expect(names.length).toBeGreaterThan(15);
    for (const name of names) {
      const error = await refused(await edited((_, all) => all.delete(name)));
      expect(error).toMatchObject({ code: 'MISSING_TENSOR', details: { name } });
    }
  });

  it('46: a shape that contradicts the metadata: both are named', async () => {
    const bad = await edited((metadata) =>
      metadata.set('llama.feed_forward_length', { type: 'u32', value: 512 }),
    );
    expect(await refused(bad)).toMatchObject({
      code: 'BAD_TENSOR_SHAPE',
      details: { name: 'blk.0.ffn_gate.weight', found: [768, 256], expected: [512, 256] },
    });
  });

  it('another architecture', async () => {
    const bad = await edited((metadata) =>
      metadata.set('general.architecture', { type: 'string', value: 'mamba' }),
    );
    expect(await refused(bad)).toMatchObject({ code: 'UNSUPPORTED_ARCHITECTURE' });
  });
});

describe('41, 45, 46: models with experts', () => {
  async function changedExperts(
    change: (metadata: Map<string, MetadataValue>, tensors: Map<string, TensorToWrite>) => void,
  ): Promise<unknown> {
    const model = synthesize(synthShapes['tiny-experts'], { dtype: 'Q4_0' });
    const metadata = new Map(model.metadata);
    const tensors = new Map(model.tensors.map((tensor) => [tensor.name, tensor]));
    change(metadata, tensors);
    return refused(await encodeGguf({ metadata, tensors: [...tensors.values()] }));
  }

  it.each([
    ['llama.expert_used_count', 0],
    ['llama.expert_used_count', 9],
    ['llama.expert_count', 0],
    ['llama.expert_count', 2 ** 31],
    ['llama.expert_feed_forward_length', 0],
  ])('%s = %i', async (key, value) => {
    const error = await changedExperts((metadata) => metadata.set(key, { type: 'u32', value }));
    const named = key === 'llama.expert_count' && value === 0 ? 'llama.expert_used_count' : key;
    expect(error).toMatchObject({ code: 'BAD_CONFIG', message: expect.stringContaining(named) });
  });

  it.each(['ffn_gate_inp', 'ffn_gate_exps', 'ffn_up_exps', 'ffn_down_exps'])(
    '%s missing, or of fewer experts than there are',
    async (role) => {
      const name = `blk.1.${role}.weight`;
      expect(await changedExperts((_, tensors) => tensors.delete(name))).toMatchObject({
        code: 'MISSING_TENSOR',
        details: { name },
      });
      const error = await changedExperts((_, tensors) => {
        const shape = [7, ...(tensors.get(name)?.shape.slice(1) ?? [])];
        const bytes = shape.reduce((product, size) => product * size, 1) * 4;
        tensors.set(name, { name, dtype: 'F32', shape, data: new Uint8Array(bytes) });
      });
      expect(error).toMatchObject({
        code: 'BAD_TENSOR_SHAPE',
        details: { name, found: [7, 256, 256].slice(0, role === 'ffn_gate_inp' ? 2 : 3) },
      });
    },
  );
});

describe('51: weights that are not finite', () => {
  it('end in NON_FINITE_LOGITS, never in a token', async () => {
    const bad = await edited((_, tensors) => {
      const norm = tensors.get('output_norm.weight');
      if (norm?.data instanceof Uint8Array)
        new DataView(norm.data.buffer, norm.data.byteOffset).setFloat32(0, Number.NaN, true);
    });
    await using model = await loadModel(memory(bad));
    await expect(model.generate('ROMEO:', { maxTokens: 1, temperature: 0 }).next()).rejects.toMatchObject({
      code: 'NON_FINITE_LOGITS',
    });
  });
});

describe('46: a tensor of a type that its role does not allow', () => {
  const zeros = (name: string, dtype: TensorToWrite['dtype'], shape: readonly number[]): TensorToWrite => ({
    name,
    dtype,
    shape,
    data: new Uint8Array(rowBytes(dtype, shape.at(-1) ?? 1) * (shape.length > 1 ? (shape[0] ?? 1) : 1)),
  });

  it.each([
    ['blk.1.attn_norm.weight', 'Q5_K'],
    ['blk.2.ffn_norm.weight', 'F16'],
    ['blk.1.ffn_down.weight', 'F64'],
    ['blk.2.attn_q.weight', 'I32'],
    ['output_norm.weight', 'Q8_0'],
    ['output.weight', 'I8'],
    ['token_embd.weight', 'I16'],
  ] as const)('%s as %s is refused by its name, and nothing is left open', async (name, dtype) => {
    const model = synthesize(synthShapes.tiny, { dtype: 'Q8_0' });
    const tensors = model.tensors.map((one) => (one.name === name ? zeros(name, dtype, one.shape) : one));
    expect(await refused(await encodeGguf({ ...model, tensors }))).toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining(`"${name}"`),
      details: { tensor: name, dtype },
    });
  });

  it.each(['blk.1.ffn_gate_inp.weight', 'blk.2.ffn_up_exps.weight'])(
    '%s of a model with experts as F64 is refused by its name',
    async (name) => {
      const model = synthesize(synthShapes['tiny-experts'], { dtype: 'Q8_0' });
      const tensors = model.tensors.map((one) =>
        one.name === name
          ? { ...one, dtype: 'F64' as const, data: new Uint8Array(8 * one.shape.reduce((a, b) => a * b, 1)) }
          : one,
      );
      expect(await refused(await encodeGguf({ ...model, tensors }))).toMatchObject({
        code: 'UNSUPPORTED',
        details: { tensor: name, dtype: 'F64' },
      });
    },
  );
});

import { readFile } from 'node:fs/promises';
import { memory } from '@rondo/source';
import { demoModelPath, hookedSource, type DemoQuantization } from '@rondo/testkit';
import { layoutOf, type DType, type Shape } from '@rondo/tensor';
import { describe, expect, it } from 'vitest';
import { encodeGguf, type Gguf, type MetadataValue, readGguf, u32, writeGguf } from '@rondo/gguf';
import {
  quantizeGguf,
  type QuantizationName,
  type QuantizedGguf,
  type QuantizeOptions,
  tensorType,
} from './index.ts';

describe('the whole file is the one that llama-quantize wrote', () => {
  const demo = async (name: DemoQuantization) => new Uint8Array(await readFile(demoModelPath(name)));
  it.each([
    ['q8_0', 'q8_0'],
    ['q6_k', 'q6_K'],
    ['q5_k_m', 'q5_K_M'],
    ['q5_1', 'q5_1'],
    ['q5_0', 'q5_0'],
    ['q4_k', 'q4_K_M'],
    ['q4_1', 'q4_1'],
    ['q4_0', 'q4_0'],
  ] as const)('%s', async (quantization, name) => {
    const source = memory(await demo('f32'));
    const quantized = await encodeGguf(quantizeGguf(source, await readGguf(source), { quantization }));
    const expected = await demo(name);
    const wrong = expected.findIndex((byte, i) => byte !== quantized[i]);
    expect([wrong, quantized.length]).toEqual([-1, expected.length]);
  });
});

/** The types that tensors of these shapes get; their type before is F32 unless given. */
function typesOf(
  shapes: Record<string, Shape>,
  quantization: QuantizationName,
  facts: Record<string, number> = {},
  before: DType = 'F32',
  architecture = 'llama',
): Record<string, DType> {
  const { tensors } = quantizedOf(shapes, quantization, facts, before, architecture);
  return Object.fromEntries(tensors.map(({ name, dtype }) => [name, dtype]));
}

function quantizedOf(
  shapes: Record<string, Shape>,
  quantization: QuantizationName,
  facts: Record<string, number> = {},
  before: DType = 'F32',
  architecture = 'llama',
): QuantizedGguf {
  const gguf: Gguf = {
    version: 3,
    metadata: new Map([
      ['general.architecture', { type: 'string', value: architecture }],
      ...Object.entries(facts).map(([key, value]) => [`${architecture}.${key}`, u32(value)] as const),
    ]),
    tensors: new Map(
      Object.entries(shapes).map(([name, shape]) => [
        name,
        { name, dtype: before, shape, offset: 0, bytes: 0 },
      ]),
    ),
    alignment: 32,
    dataOffset: 0,
    sizeBytes: 0,
  };
  return quantizeGguf(memory(new Uint8Array()), gguf, { quantization });
}

describe('types are those that llama-quantize chooses', () => {
  const matrix: Shape = [256, 256];

  it('quantizing falcon follows the rule of llama-quantize for falcon', () => {
    const downs = Object.fromEntries(
      Array.from({ length: 32 }, (_, layer) => [`blk.${layer}.ffn_down.weight`, matrix] as const),
    );
    const shapes = { ...downs, 'output.weight': matrix, 'blk.0.attn_output.weight': matrix };
    const falcon = (quantization: QuantizationName) =>
      typesOf(shapes, quantization, { block_count: 32 }, 'F32', 'falcon');
    const typesOfDowns = (quantization: QuantizationName) =>
      [0, 1, 2, 3, 4, 5, 6, 27, 28, 31].map((layer) => falcon(quantization)[`blk.${layer}.ffn_down.weight`]);
    expect(typesOfDowns('q4_k_m')).toEqual('Q6_K Q6_K Q5_K Q5_K Q4_K Q4_K Q5_K Q5_K Q5_K Q5_K'.split(' '));
    expect(new Set(typesOfDowns('q4_k_s'))).toEqual(new Set(['Q4_K']));
    expect(falcon('q4_0')['output.weight']).toBe('Q8_0');
    expect(falcon('q6_k')['output.weight']).toBe('Q8_0');
    expect(falcon('f16')['output.weight']).toBe('F16');
    const tied = typesOf({ 'token_embd.weight': matrix }, 'q4_k_m', {}, 'F32', 'falcon');
    expect(tied).toEqual({ 'token_embd.weight': 'Q8_0' });
  });

  it('a warning names the first tensor whose rows fit no block of the type', () => {
    const shapes: Record<string, Shape> = {
      'blk.0.ffn_down.weight': [256, 172],
      'blk.0.ffn_up.weight': [172, 256],
      'blk.1.ffn_down.weight': [256, 172],
    };
    const { warnings, tensors } = quantizedOf(shapes, 'q8_0');
    expect(tensors.map(({ dtype }) => dtype)).toEqual(['F16', 'Q8_0', 'F16']);
    expect(warnings).toMatchObject([
      {
        code: 'OTHER_TYPE',
        message: expect.stringMatching(
          /^2 of 3 tensors.*blk\.0\.ffn_down\.weight has rows of 172 values, Q8_0 has blocks of 32.*F16/,
        ),
      },
    ]);
    expect(quantizedOf({ 'blk.0.ffn_up.weight': [4, 96] }, 'q4_k').warnings).toMatchObject([
      { message: expect.stringMatching(/rows of 96 values, Q4_K has blocks of 256.*Q5_0/) },
    ]);
    expect(quantizedOf({ 'blk.0.ffn_up.weight': matrix }, 'q4_k').warnings).toEqual([]);
  });

  it('the output matrix has 6 bits, also if it is the embedding; an embedding alone has the type of the file', () => {
    const embedding = { 'token_embd.weight': matrix };
    expect(typesOf(embedding, 'q4_0')).toEqual({ 'token_embd.weight': 'Q6_K' });
    expect(typesOf({ ...embedding, 'output.weight': matrix }, 'q4_k_m')).toEqual({
      'output.weight': 'Q6_K',
      'token_embd.weight': 'Q4_K',
    });
    expect(typesOf(embedding, 'q8_0')).toEqual({ 'token_embd.weight': 'Q8_0' });
    expect(typesOf(embedding, 'bf16')).toEqual({ 'token_embd.weight': 'BF16' });
  });

  it('quantizing keeps vectors, norms, routers, biases and convolutions', () => {
    const shapes: Record<string, Shape> = {
      'blk.0.attn_norm.weight': [256],
      'blk.0.attn_q_norm.weight': [8, 256],
      'blk.0.ffn_gate_inp.weight': [8, 256],
      'blk.0.ffn_up.bias': matrix,
      'blk.0.ssm_conv1d.weight': matrix,
      'blk.0.one_row.weight': [1, 256],
      'blk.0.attn_sinks.weight': [64],
      'blk.0.ffn_gate_exps.bias': [32, 256],
      'blk.0.ffn_down_exps.bias': [32, 256],
      'blk.0.ffn_gate_inp.bias': [32],
    };
    expect(new Set(Object.values(typesOf(shapes, 'q4_0', {}, 'F16')))).toEqual(new Set(['F16']));
  });

  it('a tensor whose rows are no whole number of blocks takes a type that fits', () => {
    const shapes = {
      'output.weight': [2, 96],
      'blk.0.ffn_up.weight': [2, 96],
      'blk.0.ffn_gate.weight': [2, 40],
    };
    expect(Object.values(typesOf(shapes, 'q4_k_m'))).toEqual(['Q8_0', 'F16', 'Q5_0']);
    expect(Object.values(typesOf(shapes, 'q5_k_s'))).toEqual(['Q8_0', 'F16', 'Q5_1']);
    expect(Object.values(typesOf(shapes, 'q6_k'))).toEqual(['Q8_0', 'F16', 'Q8_0']);
  });

  it('quantization mixtures give more bits to some layers', () => {
    const layers = Array.from({ length: 16 }, (_, layer) => layer);
    const shapes = Object.fromEntries(
      // In the order of the file, which differs from numeric order.
      layers.toSorted().flatMap((layer) => [
        [`blk.${layer}.attn_v.weight`, matrix],
        [`blk.${layer}.ffn_down.weight`, matrix],
        [`blk.${layer}.ffn_up.weight`, matrix],
      ]),
    );
    const layersOf = (quantization: QuantizationName, part: string, dtype: DType): number[] => {
      const types = typesOf(shapes, quantization, { block_count: 16 });
      return layers.filter((layer) => types[`blk.${layer}.${part}.weight`] === dtype);
    };
    for (const [quantization, less] of [
      ['q4_k_m', 'Q4_K'],
      ['q5_k_m', 'Q5_K'],
    ] as const) {
      expect(layersOf(quantization, 'attn_v', 'Q6_K')).toEqual([0, 1, 4, 7, 10, 13, 14, 15]);
      expect(layersOf(quantization, 'ffn_down', 'Q6_K')).toEqual([0, 1, 4, 7, 10, 13, 14, 15]);
      expect(layersOf(quantization, 'ffn_up', less)).toEqual(layers);
    }
    expect(layersOf('q4_k_s', 'attn_v', 'Q5_K')).toEqual([0, 1, 2, 3]);
    expect(layersOf('q4_k_s', 'ffn_down', 'Q5_K')).toEqual([0, 1]);
    expect(layersOf('q5_k_s', 'attn_v', 'Q5_K')).toEqual(layers);
  });

  it('a model with 8 experts gets more bits for attention, and its layers are counted by name', () => {
    const names = ['attn_q', 'attn_k', 'attn_v', 'attn_output', 'ffn_down_exps'];
    const shapes = Object.fromEntries(
      names.map((name) => [`blk.3.${name}.weight`, name.endsWith('exps') ? [8, 256, 256] : matrix]),
    );
    const types = (quantization: QuantizationName) => {
      const byName = typesOf(shapes, quantization, { block_count: 16, expert_count: 8 });
      return names.map((name) => byName[`blk.3.${name}.weight`]);
    };
    expect(types('q4_0')).toEqual(['Q4_0', 'Q8_0', 'Q8_0', 'Q4_0', 'Q4_0']);
    expect(types('q4_k_m')).toEqual(['Q4_K', 'Q8_0', 'Q8_0', 'Q5_K', 'Q4_K']);
    expect(types('q5_k_m')).toEqual(['Q5_K', 'Q8_0', 'Q8_0', 'Q5_K', 'Q5_K']);
  });

  it('a model of 80 layers with shared values gives the values 5 bits', () => {
    const facts = { block_count: 80, 'attention.head_count': 64, 'attention.head_count_kv': 8 };
    const shapes = Object.fromEntries(
      Array.from({ length: 80 }, (_, layer) => [`blk.${layer}.attn_v.weight`, matrix]),
    );
    const types = Object.values(typesOf(shapes, 'q4_k_m', facts));
    expect(types.filter((dtype) => dtype === 'Q5_K').length).toBe(40);
    expect(new Set(Object.values(typesOf(shapes, 'q4_0', facts)))).toEqual(new Set(['Q4_0']));
  });
});

describe('types of blocks longer than 32 values', () => {
  it('a tensor whose rows are no multiple of a long block is in Q4_0, or in F16 if Q4_0 does not fit either', () => {
    const typeOf = (dtype: DType, width: number) =>
      tensorType('blk.0.ffn_up.weight', [4, width], dtype, false);
    expect([64, 96, 80].map((width) => typeOf('Q2_0', width))).toEqual(['Q2_0', 'Q4_0', 'F16']);
    expect([128, 192, 80].map((width) => typeOf('Q1_0', width))).toEqual(['Q1_0', 'Q4_0', 'F16']);
    expect([256, 128, 80].map((width) => typeOf('TQ2_0', width))).toEqual(['TQ2_0', 'Q4_0', 'F16']);
  });
});

/** A file with one matrix of these values, slightly longer than two pieces. */
async function modelOf(dtype: DType, edit?: (values: DataView) => void): Promise<Uint8Array> {
  const { blockBytes, blockElements } = layoutOf(dtype);
  const rows = 2100;
  const data = new Uint8Array(((rows * 256) / blockElements) * blockBytes);
  edit?.(new DataView(data.buffer));
  const metadata: [string, MetadataValue][] = [
    ['general.file_type', u32(0)],
    ['split.no', { type: 'u16', value: 0 }],
    ['kept', u32(1)],
  ];
  return encodeGguf({
    metadata,
    tensors: [{ name: 'blk.0.ffn_up.weight', dtype, shape: [rows, 256], data }],
  });
}

async function quantized(bytes: Uint8Array, options: QuantizeOptions): Promise<Uint8Array> {
  const source = memory(bytes);
  return encodeGguf(quantizeGguf(source, await readGguf(source), options));
}

describe('the conversion', () => {
  it('the metadata of a quantized file names its type, and no longer says that it is part of another file', async () => {
    const { metadata } = await readGguf(
      memory(await quantized(await modelOf('F32'), { quantization: 'q4_k_s' })),
    );
    expect([...metadata]).toEqual([
      ['kept', u32(1)],
      ['general.quantization_version', u32(2)],
      ['general.file_type', u32(14)],
    ]);
  });

  it('quantizing a tensor in pieces puts every piece in its place', async () => {
    const bytes = await modelOf('F32', (view) => {
      for (let i = 0; i < view.byteLength / 4; i++) view.setFloat32(i * 4, Math.sin(i), true);
    });
    const f32 = await quantized(await quantized(bytes, { quantization: 'q8_0' }), {
      quantization: 'f32',
      requantize: true,
    });
    const read = async (file: Uint8Array) => {
      const tensor = (await readGguf(memory(file))).tensors.get('blk.0.ffn_up.weight');
      return new Float32Array(file.slice(tensor?.offset).buffer, 0, (tensor?.bytes ?? 0) / 4);
    };
    const [before, after] = [await read(bytes), await read(f32)];
    expect(after.length).toBe(2100 * 256);
    expect(after.findIndex((value, i) => !(Math.abs(value - (before[i] ?? NaN)) < 0.005))).toBe(-1);
  });

  it('quantizing refuses weights that are already quantized, unless requantize is set', async () => {
    const bytes = await modelOf('Q8_0');
    await expect(quantized(bytes, { quantization: 'q4_0' })).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
      message: expect.stringContaining('blk.0.ffn_up.weight is quantized already, to Q8_0'),
    });
    await quantized(bytes, { quantization: 'q8_0' });
    await quantized(bytes, { quantization: 'q4_0', requantize: true });
  });

  it.each([
    ['NaN', NaN, 'q4_0', /NaN.*damaged/],
    ['infinity', -Infinity, 'f32', undefined],
    ['infinity', -Infinity, 'bf16', /-Infinity.*damaged/],
    ['a weight beyond half precision', 70_000, 'q6_k', /70000.*bf16/],
    ['a weight beyond half precision', 70_000, 'f16', /70000.*bf16/],
    ['a weight beyond half precision', 70_000, 'bf16', undefined],
  ] as const)('%s (%f) to %s', async (_, value, quantization, message) => {
    const bytes = await modelOf('F32', (view) => view.setFloat32(view.byteLength - 4, value, true));
    const result = quantized(bytes, { quantization });
    if (message === undefined) await result;
    else
      await expect(result).rejects.toMatchObject({
        code: 'BAD_ARGUMENT',
        message: expect.stringMatching(message),
      });
  });

  it('quantizing refuses types that cannot be decoded before anything is written', async () => {
    expect(() => typesOf({ 'blk.0.ffn_up.weight': [2, 256] }, 'q4_0', {}, 'I32')).toThrowError(
      expect.objectContaining({ code: 'UNSUPPORTED' }),
    );
  });

  it('quantizing reads a piece at a time, and ends when aborted', async () => {
    const bytes = await modelOf('F32');
    const controller = new AbortController();
    const reads: number[] = [];
    const source = hookedSource(memory(bytes), ({ bytes }) => void reads.push(bytes));
    const model = quantizeGguf(source, await readGguf(memory(bytes)), {
      quantization: 'q8_0',
      signal: controller.signal,
    });
    const written = (async () => {
      for await (const _ of writeGguf(model)) if (reads.length === 2) controller.abort('enough');
    })();
    await expect(written).rejects.toBe('enough');
    expect(reads).toEqual([2 ** 20, 2 ** 20, 2100 * 1024 - 2 ** 21]);
  });
});

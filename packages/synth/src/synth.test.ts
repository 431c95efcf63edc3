import { architectures } from '@rondo/architectures';
import { memory } from '@rondo/source';
import { dtypes, formatOf, halfOffsets, layoutOf, type DType } from '@rondo/tensor';
import { describe, expect, it } from 'vitest';
import { encodeGguf, getInteger, getStringArray, readGguf } from '@rondo/gguf';
import { randomBlocks } from './random-blocks.ts';
import { synthShapes, type SynthShapeName } from './shapes.ts';
import { synthesize, synthOptionalTensors } from './synth.ts';
import { withLayers } from './with-layers.ts';

const { tiny } = synthShapes;
const parameters = (name: SynthShapeName) =>
  synthesize(synthShapes[name], { dtype: 'Q4_0' }).tensors.reduce(
    // Divisors of rotary frequencies are computed, not learned.
    (sum, { name, shape }) =>
      name.startsWith('rope_') ? sum : sum + shape.reduce((product, size) => product * size, 1),
    0,
  );

describe('shapes have as many parameters as the models they are named after', () => {
  // Numbers of the published checkpoints.
  for (const [name, count] of [
    ['tinyllama-1.1b', 1_100_048_384],
    ['llama-3.2-3b', 3_212_749_824],
    ['llama-2-7b', 6_738_415_616],
    ['llama-2-13b', 13_015_864_320],
    ['llama-3.1-8b', 8_030_261_248],
    ['qwen3-4b', 4_022_468_096],
    ['mixtral-8x7b', 46_702_792_704],
    ['qwen3-30b-a3b', 30_532_122_624],
    ['qwen1.5-moe-a2.7b', 14_315_784_192],
    ['olmoe-1b-7b', 6_919_161_856],
    ['granite-3.1-3b-a800m', 3_298_793_472],
    // Without the block that predicts further tokens.
    ['glm-4.5-air', 106_852_251_264],
    ['deepseek-v2-lite', 15_706_484_224],
    ['deepseek-v3', 671_026_419_200],
    ['minimax-m2', 228_689_764_864],
    ['qwen2.5-0.5b', 494_032_768],
    ['qwen2.5-7b', 7_615_616_512],
    ['qwen3-0.6b', 596_049_920],
    ['qwen3-8b', 8_190_735_360],
    ['qwen3-32b', 32_762_123_264],
    ['qwen3-vl-4b', 4_022_468_096],
    ['gemma-2-2b', 2_614_341_888],
    ['gemma-3-270m', 268_098_176],
    ['gemma-3-1b', 999_885_952],
    ['gemma-3-4b', 3_880_263_168],
    ['gemma-3-27b', 27_009_346_304],
    ['phi-4-mini', 3_836_021_760],
    ['ministral-3-3b', 3_429_006_336],
    ['smollm3-3b', 3_075_098_624],
    ['granite-3.3-8b', 8_170_864_640],
    ['olmo-2-7b', 7_298_617_344],
    ['glm-4-9b', 9_400_279_040],
    ['seed-oss-36b', 36_151_104_512],
    ['exaone-4-32b', 32_003_216_384],
    ['hunyuan-1.8b', 1_791_080_448],
    ['ernie-4.5-0.3b', 360_748_032],
    ['command-r7b', 8_028_033_024],
    ['starcoder2-3b', 3_030_371_328],
    ['gpt-2-small', 124_439_808],
    ['gpt-oss-20b', 20_914_757_184],
  ] as const)
    it(name, () => expect(parameters(name)).toBe(count));
});

it.each([
  // Billions of parameters, as published.
  ['lfm2-1.2b', 1.17],
  ['lfm2-8b-a1b', 8.3],
  ['granite-4.0-h-micro', 3.2],
  ['granite-4.0-h-tiny', 6.9],
  ['nemotron-nano-9b-v2', 8.9],
  ['nemotron-3-nano-30b-a3b', 31.6],
  ['qwen3.6-35b-a3b', 35],
] as const)('%s has about %f billion parameters', (name, billions) => {
  expect(Math.abs(parameters(name) / 1e9 / billions - 1)).toBeLessThan(0.02);
});

it.each([
  // Billions of parameters, as published: without the per-layer embeddings, and without encoders of images and sound.
  ['gemma-4-e2b', 2.3],
  ['gemma-4-e4b', 4.5],
  ['gemma-4-31b', 30.7],
  ['gemma-4-26b-a4b', 25.2],
] as const)('%s has about %f billion parameters beside its per-layer embeddings', (name, billions) => {
  const { tensors } = synthesize(synthShapes[name], { dtype: 'Q4_0' });
  const table = tensors.find((tensor) => tensor.name === 'per_layer_token_embd.weight')?.shape ?? [0];
  const beside = parameters(name) - table.reduce((product, size) => product * size, 1);
  expect(Math.abs(beside / 1e9 / billions - 1)).toBeLessThan(0.035);
});

it.each([
  // Number of layers, and how many of them share keys and values: 15 layers of E2B have keys and values of their own.
  ['gemma-4-e2b', 10, 0],
  ['gemma-4-e2b', 20, 5],
  ['gemma-4-26b-a4b', 6, 0],
  ['llama-3.2-3b', 40, 0],
] as const)('%s can have %i layers', (name, layers, sharing) => {
  const { tensors } = synthesize(withLayers(synthShapes[name], layers), { dtype: 'Q4_0' });
  const of = (suffix: string) => tensors.filter((tensor) => tensor.name.endsWith(suffix)).length;
  expect([of('.attn_q.weight'), of('.attn_k.weight')]).toEqual([layers, layers - sharing]);
});

describe('random weights decode to mean 0 and the requested deviation', () => {
  const made = dtypes.filter(
    (dtype) => halfOffsets[dtype] ?? ['F32', 'F16', 'BF16', 'MXFP4'].includes(dtype),
  );
  it('in all types with float16 scales, in floats and in MXFP4', () =>
    expect(made.length).toBeGreaterThan(20));
  for (const dtype of made) {
    it(dtype, () => {
      const { blockBytes, blockElements } = layoutOf(dtype);
      const values = new Float32Array(1 << 18);
      const blocks = new Uint8Array((values.length / blockElements) * blockBytes);
      for (const deviation of [1, 0.015]) {
        randomBlocks(7).filler(dtype, deviation)(blocks);
        formatOf(dtype).dequantize(blocks, values);
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        const square = values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
        expect(Math.abs(mean / deviation)).toBeLessThan(0.05);
        expect(Math.sqrt(square) / deviation).toBeGreaterThan(0.95);
        expect(Math.sqrt(square) / deviation).toBeLessThan(1.05);
      }
    });
  }
  it('refuses a type that it cannot make', () => {
    const refused = expect.objectContaining({ code: 'UNSUPPORTED' });
    expect(() => randomBlocks(1).filler('IQ1_M', 1)).toThrow(refused);
  });
});

describe('tiny shapes', () => {
  it('every architecture has a tiny shape', () => {
    const names = new Set(architectures.map(({ name }) => `tiny-${name}`));
    expect([...names].filter((name) => !(name in synthShapes))).toEqual([]);
  });

  it('matrices that share a tensor are a single tensor with all rows in the file', () => {
    const { tensors } = synthesize(synthShapes['tiny-phi3'], { dtype: 'F32' });
    const shapes = new Map(tensors.map(({ name, shape }) => [name, shape]));
    expect(shapes.size).toBe(tensors.length);
    expect(shapes.get('blk.1.attn_qkv.weight')).toEqual([128 + 64 + 64, 128]);
    expect(shapes.get('blk.1.attn_qkv.bias')).toEqual([256]);
    expect(shapes.get('blk.1.ffn_up.weight')).toEqual([2 * 192, 128]);
    expect(shapes.has('blk.1.attn_q.weight')).toBe(false);
    expect(shapes.get('rope_factors_short.weight')).toEqual([12]);
  });

  it('matrices of experts that share a tensor are one tensor in the file, with all rows of each expert', () => {
    const { tensors } = synthesize(synthShapes['tiny-gemma4-experts'], { dtype: 'F32' });
    const shapes = new Map(tensors.map(({ name, shape }) => [name, shape]));
    expect(shapes.size).toBe(tensors.length);
    expect(shapes.get('blk.1.ffn_gate_up_exps.weight')).toEqual([8, 2 * 64, 128]);
    expect(shapes.get('blk.1.ffn_down_exps.scale')).toEqual([8]);
    expect(shapes.get('per_layer_model_proj.weight')).toEqual([6 * 16, 128]);
    expect(shapes.get('per_layer_token_embd.weight')).toEqual([384, 6 * 16]);
  });

  it('a model in MXFP4 has its experts in MXFP4, other matrices in Q8_0, and biases and sinks in F32', async () => {
    const file = await encodeGguf(synthesize(synthShapes['tiny-gpt-oss'], { dtype: 'MXFP4' }));
    const gguf = await readGguf(memory(file));
    const typeOf = (name: string) => gguf.tensors.get(`blk.1.${name}`)?.dtype;
    expect(['ffn_gate_exps.weight', 'ffn_down_exps.weight'].map(typeOf)).toEqual(['MXFP4', 'MXFP4']);
    expect(['attn_qkv.weight', 'attn_output.weight'].map(typeOf)).toEqual(['Q8_0', 'Q8_0']);
    expect(gguf.tensors.get('output.weight')?.dtype).toBe('Q8_0');
    const whole = ['ffn_gate_exps.bias', 'ffn_gate_inp.weight', 'ffn_gate_inp.bias', 'attn_sinks.weight'];
    expect(whole.map(typeOf)).toEqual(['F32', 'F32', 'F32', 'F32']);
    expect(getInteger(gguf, 'general.file_type')).toBe(38);
  });

  it('a tensor may be optional in a single layer', () => {
    const { tensors } = synthesize(synthShapes['tiny-gemma4'], { dtype: 'F32' });
    const of = (part: string) => tensors.flatMap(({ name }) => (name.includes(part) ? [name] : []));
    expect(of('attn_qkv')).toEqual(['blk.0.attn_qkv.weight']);
    expect(of('attn_v')).toEqual(['blk.2.attn_v.weight', 'blk.3.attn_v.weight']);
    expect(of('attn_k.')).toEqual(['blk.1.attn_k.weight', 'blk.2.attn_k.weight', 'blk.3.attn_k.weight']);
  });

  it('a file has the optional tensors that its shape names, and no others', () => {
    const shape = { ...synthShapes['tiny-llama'], optional: ['attn_k.bias', 'ffn_down.bias'] };
    const { tensors } = synthesize(shape, { dtype: 'F32' });
    const biases = tensors.map(({ name }) => name).filter((name) => name.endsWith('.bias'));
    expect(biases.slice(0, 2)).toEqual(['blk.0.attn_k.bias', 'blk.0.ffn_down.bias']);
    expect(biases).toHaveLength(2 * shape.layers);
  });

  it('the optional tensors of a shape are the tensors that its architecture looks up in a file', () => {
    const asked = synthOptionalTensors(synthShapes['tiny-gemma3']);
    expect(asked.filter((name) => !name.endsWith('.scale'))).toEqual([
      'attn_q.bias',
      'attn_k.bias',
      'attn_v.bias',
      'attn_qkv.weight',
      'attn_qkv.bias',
    ]);
    expect(asked).toEqual(expect.arrayContaining(['attn_q.scale', 'ffn_down.scale', 'output.scale']));
    expect(synthOptionalTensors(synthShapes['tiny-qwen2'])).toContain('output.bias');
    expect(synthOptionalTensors(synthShapes['tiny-granite'])).toContain('ffn_gate.bias');
  });

  it('a table of positions has a row for each position, and is not quantized', async () => {
    const shape = synthShapes['tiny-gpt2'];
    const gguf = await readGguf(memory(await encodeGguf(synthesize(shape, { dtype: 'Q8_0' }))));
    expect(gguf.tensors.get('position_embd.weight')).toMatchObject({ dtype: 'F32', shape: [512, 128] });
    expect(gguf.metadata.has('gpt2.rope.freq_base')).toBe(false);
    expect(gguf.metadata.has('gpt2.attention.layer_norm_epsilon')).toBe(true);
  });

  it('embeddings with a scale have smaller values, so that the first layer gets values of the same size', async () => {
    async function size(name: 'tiny-llama' | 'tiny-gemma3'): Promise<number> {
      const file = await encodeGguf(synthesize(synthShapes[name], { dtype: 'F32' }));
      const gguf = await readGguf(memory(file));
      const { offset, bytes } = gguf.tensors.get('token_embd.weight') ?? { offset: 0, bytes: 0 };
      const values = new Float32Array(file.slice(offset, offset + bytes).buffer);
      return Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
    }
    expect(await size('tiny-llama')).toBeCloseTo(1, 1);
    expect((await size('tiny-gemma3')) * Math.sqrt(128)).toBeCloseTo(1, 1);
  });

  it('an unknown architecture is refused, and the error names it', () => {
    const shape = { ...synthShapes.tiny, architecture: 'mamba' };
    expect(() => synthesize(shape, { dtype: 'F32' })).toThrow(
      expect.objectContaining({
        code: 'UNSUPPORTED_ARCHITECTURE',
        details: expect.objectContaining({ name: 'mamba' }),
      }),
    );
  });
});

describe('a synthetic file', () => {
  const read = async (dtype: DType, options = {}) =>
    readGguf(memory(await encodeGguf(synthesize(tiny, { dtype, ...options }))));

  it('is a valid model of its shape', async () => {
    const gguf = await read('Q4_K');
    expect(getInteger(gguf, 'llama.block_count')).toBe(3);
    expect(new Set(getStringArray(gguf, 'tokenizer.ggml.tokens')).size).toBe(tiny.vocabularySize);
    expect(gguf.tensors.get('blk.2.attn_k.weight')).toMatchObject({ dtype: 'Q4_K', shape: [128, 256] });
    expect(gguf.tensors.get('blk.2.attn_norm.weight')).toMatchObject({ dtype: 'F32', shape: [256] });
    expect(gguf.tensors.get('output.weight')).toMatchObject({ dtype: 'Q6_K', shape: [600, 256] });
    expect(getInteger(gguf, 'general.file_type')).toBe(14);
  });

  it('has the same bytes for the same seed, and other bytes for another seed', async () => {
    const bytes = async (seed?: number) => encodeGguf(synthesize(tiny, { dtype: 'Q8_0', seed }));
    expect(await bytes(3)).toEqual(await bytes(3));
    expect(await bytes(3)).not.toEqual(await bytes(4));
  });

  it('repeats no row of a matrix', async () => {
    const file = await encodeGguf(synthesize(tiny, { dtype: 'Q4_0' }));
    const gguf = await readGguf(memory(file));
    const { offset, bytes, shape } = gguf.tensors.get('token_embd.weight') ?? {
      offset: 0,
      bytes: 0,
      shape: [1],
    };
    const rowBytes = bytes / (shape[0] ?? 1);
    const rows = new Set(
      Array.from({ length: shape[0] ?? 0 }, (_, row) =>
        file.subarray(offset + row * rowBytes, offset + (row + 1) * rowBytes).join(),
      ),
    );
    expect(rows.size).toBe(600);
  });

  it('takes another vocabulary', async () => {
    const metadata = [['tokenizer.ggml.model', { type: 'string', value: 'mine' }]] as const;
    const gguf = await read('Q8_0', { vocabulary: metadata });
    expect(gguf.metadata.get('tokenizer.ggml.model')?.value).toBe('mine');
    expect(gguf.metadata.has('tokenizer.ggml.tokens')).toBe(false);
  });
});

import { memory } from '@rondo/source';
import { dtypes, formatOf, halfOffsets, layoutOf, type DType } from '@rondo/tensor';
import { describe, expect, it } from 'vitest';
import { encodeGguf, getInteger, getStringArray, readGguf } from '@rondo/gguf';
import { randomBlocks } from './random-blocks.ts';
import { synthShapes, type SynthShapeName } from './shapes.ts';
import { synthesize } from './synth.ts';

const { tiny } = synthShapes;
const parameters = (name: SynthShapeName) =>
  synthesize(synthShapes[name], { dtype: 'Q4_0' }).tensors.reduce(
    (sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1),
    0,
  );

describe('shapes have as many parameters as the models they are named after', () => {
  // Numbers of the published checkpoints.
  for (const [name, count] of [
    ['tinyllama-1.1b', 1_100_048_384],
    ['llama-3.2-3b', 3_212_749_888],
    ['llama-2-7b', 6_738_415_616],
    ['llama-2-13b', 13_015_864_320],
    ['llama-3.1-8b', 8_030_261_312],
    ['qwen3-4b', 4_022_468_096],
    ['mixtral-8x7b', 46_702_792_704],
    ['qwen3-30b-a3b', 30_532_122_624],
  ] as const)
    it(name, () => expect(parameters(name)).toBe(count));
});

describe('random weights decode to mean 0 and the deviation asked for', () => {
  const made = dtypes.filter((dtype) => halfOffsets[dtype] ?? ['F32', 'F16', 'BF16'].includes(dtype));
  it('in all types with float16 scales, and in floats', () => expect(made.length).toBeGreaterThan(20));
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

  it('has the same bytes for the same seed, and others for another', async () => {
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

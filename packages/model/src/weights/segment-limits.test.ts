// 51: segments are bounded, whatever the size of a model and the number of its experts. Headers only, no weights.
import type { Architecture, LayerSpec, ModelConfig } from '@rondo/architectures';
import type { Gguf, TensorInfo } from '@rondo/gguf';
import { rowBytes, type ByteRange, type DType } from '@rondo/tensor';
import { expect, it } from 'vitest';
import { bytesAtOnce, segmentsOf } from './segments.ts';
import { llama, mixtral } from '../../test/support/architectures.ts';

const slotBytes = (ranges: readonly ByteRange[]) => ranges.reduce((sum, { bytes }) => sum + bytes, 0);

/** `count` layers of one head each. */
function layersOf(count: number, headSize: number, feedForwardWidth: number): LayerSpec[] {
  const sizes = { keySize: headSize, valueSize: headSize, feedForwardWidth };
  return Array.from({ length: count }, () => ({
    kind: 'attention',
    heads: 1,
    kvHeads: 1,
    attentionScale: 1,
    ...sizes,
  }));
}

const base: ModelConfig = {
  layers: layersOf(8, 1, 1),
  width: 1,
  experts: 0,
  routing: { gate: 'softmax', normalized: true, scale: 1 },
  expertsUsed: 0,
  contextLength: 64,
  vocabularySize: 100,
  epsilon: 0,
  embeddingScale: 1,
  residualScale: 1,
  logitScale: 1,
  hasLongRope: false,
  originalContextLength: 64,
};

/** A file without biases, in which each matrix is a tensor of its own. */
const separate = { has: () => false };

/** The header of a model of this shape, all matrices in one type. */
function headerOf(architecture: Architecture, config: ModelConfig, dtype: DType): Gguf {
  const tensors = new Map<string, TensorInfo>();
  let offset = 0;
  const add = (specs: ReturnType<Architecture['layerTensors']>) => {
    for (const { name, shape } of Object.values(specs)) {
      const type = shape.length === 1 ? 'F32' : dtype;
      const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
      const bytes = rows * rowBytes(type, shape.at(-1) ?? 1);
      tensors.set(name, { name, dtype: type, shape, offset, bytes });
      offset += bytes;
    }
  };
  for (let layer = 0; layer < config.layers.length; layer++) {
    add(architecture.layerTensors(config, layer, separate));
    add(architecture.experts?.tensors(config, layer, separate) ?? {});
  }
  add(architecture.outputTensors(config, { has: (name) => name === 'output.weight' }));
  return { tensors, metadata: new Map() } as unknown as Gguf;
}

it('8 layers of 4,096 experts of 12 bytes take at most 8 KiB of bookkeeping each', () => {
  const config = { ...base, experts: 4096, expertsUsed: 2 };
  const gguf = headerOf(mixtral, config, 'F32');
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const segmentation = segmentsOf(gguf, mixtral, config, { segmentBytes: 1 << 18, slotBytes });
  globalThis.gc?.();
  const { length } = segmentation.segments;
  expect(length).toBeGreaterThan(8 * 4096);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(8192 * length);
  expect(bytesAtOnce(segmentation)).toBeGreaterThan(0);
});

it('a model of 405 billion weights in 128 MiB has at most 16,384 segments beside those that its layers end with', () => {
  const config = {
    ...base,
    layers: layersOf(126, 128, 53_248).map((layer) => ({ ...layer, heads: 128, kvHeads: 8 })),
    width: 16_384,
    vocabularySize: 128_256,
  };
  const gguf = headerOf(llama, config, 'Q4_0');
  const { segments } = segmentsOf(gguf, llama, config, { segmentBytes: 1 << 20, slotBytes });
  expect(segments.length).toBeGreaterThan(8000);
  // The norms of a layer, and its last strip.
  expect(segments.length).toBeLessThan(2 * 16_384);
  expect(Math.max(...segments.map(({ bytes }) => bytes))).toBeLessThan(32 << 20);
});

it('more layers and experts than can be kept apart are refused, with their numbers', () => {
  const config = { ...base, layers: layersOf(9, 1, 1), experts: 8192, expertsUsed: 2 };
  const gguf = headerOf(mixtral, config, 'F32');
  for (const segmentBytes of [Infinity, 1 << 18])
    expect(() => segmentsOf(gguf, mixtral, config, { segmentBytes, slotBytes })).toThrow(
      expect.objectContaining({
        code: 'LIMIT',
        details: expect.objectContaining({ layers: 9, experts: 8192 }),
      }),
    );
});

it('what stays in memory is cut into larger segments than experts, and experts are alike', () => {
  const config = {
    ...base,
    layers: layersOf(2, 64, 64).map((layer) => ({ ...layer, heads: 16, kvHeads: 16 })),
    width: 1024,
    experts: 8,
    expertsUsed: 2,
  };
  const gguf = headerOf(mixtral, config, 'F32');
  const cut = (commonStays: boolean) =>
    segmentsOf(gguf, mixtral, config, { segmentBytes: 1 << 22, slotBytes, commonStays });
  const sizesOf = (commonStays: boolean, ofExperts: boolean) => {
    const own = cut(commonStays).segments.filter(({ tokenShare }) => tokenShare < 1 === ofExperts);
    return own.map(({ bytes }) => bytes);
  };
  const expertBytes = 3 * 1024 * 64 * 4;
  expect(sizesOf(true, true)).toEqual(Array.from({ length: 16 }, () => expertBytes));
  expect(Math.max(...sizesOf(true, false))).toBeGreaterThan(4 * expertBytes);
  expect(Math.max(...sizesOf(false, false))).toBeLessThanOrEqual(expertBytes);
  expect(sizesOf(true, false).length).toBeLessThan(sizesOf(false, false).length / 3);
});

// The result of a token has the same bits for every batch size and kernel (decision 6). The conformance suite compares only
// small batches, which one kernel computes.
import { rowBytes, type Backend, type DType, type Encoder, type Tensor } from '@rondo/tensor';
import { randomNumbers, randomValues, randomWeights, uniformKvLayers } from '@rondo/tensor/conformance';
import { describe, expect, it } from 'vitest';
import { testDevice } from '@rondo/testkit/webgpu';
import { webgpu } from './webgpu.ts';

const shared = await testDevice();
const random = randomNumbers(5);

async function weightOf(backend: Backend, dtype: DType, rows: number, width: number) {
  const bytes = randomWeights(dtype, rows, width, random);
  const slot = backend.slot([{ offset: 0, bytes: rowBytes(dtype, width) * rows }], 4);
  await slot.fill({
    size: bytes.length,
    alignment: 4,
    readInto: async (target, offset) => target.set(bytes.subarray(offset, offset + target.length)),
  });
  return slot.weight(dtype, [rows, width], 0);
}

async function inputOf(backend: Backend, shape: readonly [number, number]) {
  const tensor = backend.tensor(shape);
  await backend.write(tensor, randomValues(shape[0] * shape[1], random));
  return tensor;
}

async function run(backend: Backend, encode: (encoder: Encoder) => Tensor): Promise<Uint32Array> {
  const encoder = backend.encoder();
  const result = encode(encoder);
  const into = backend.tensor(result.shape);
  encoder.copy(result, into);
  await backend.submit(encoder);
  const values = await backend.read(into);
  return new Uint32Array(values.buffer);
}

describe.skipIf(!shared)('batches', () => {
  for (const [dtype, width, float16] of [
    ['Q4_0', 1120, false],
    ['Q6_K', 256, false],
    ['F16', 93, false],
    ['Q4_0', 1120, true],
  ] as const) {
    const name = `${dtype}${float16 ? ' in float16' : ''}`;
    it(`${name}: a token has the same bits alone and in tiles of each size`, async () => {
      const backend = await webgpu({ ...shared, float16 });
      const weight = await weightOf(backend, dtype, 70, width);
      const x = await inputOf(backend, [70, width]);
      const alone = await run(backend, (e) => e.matmul(weight, e.rows(x, 9, 1)));
      for (const tokens of [10, 20, 70]) {
        const together = await run(backend, (e) => e.matmul(weight, e.rows(x, 0, tokens)));
        expect(together.subarray(9 * 70, 10 * 70)).toEqual(alone);
      }
      await backend.dispose();
    });
  }

  it('gate and up together: a token has the same bits alone and in a tile', async () => {
    const backend = await webgpu(shared);
    const gate = await weightOf(backend, 'Q8_0', 40, 64);
    const up = await weightOf(backend, 'Q8_0', 40, 64);
    const x = await inputOf(backend, [20, 64]);
    const block = (first: number, count: number) =>
      run(backend, (e) => {
        const rows = e.rows(x, first, count);
        return e.gated(e.matmul(gate, rows), e.matmul(up, rows), 'gelu');
      });
    expect((await block(0, 20)).subarray(7 * 40, 8 * 40)).toEqual(await block(7, 1));
    await backend.dispose();
  });

  it('products with biases and a residual: a token has the same bits alone and in a tile', async () => {
    const backend = await webgpu(shared);
    const values = randomValues(40 * 64 + 40, random);
    const slot = backend.slot([{ offset: 0, bytes: values.byteLength }], 4);
    await slot.fill({
      size: values.byteLength,
      alignment: 4,
      readInto: async (target, offset) => target.set(new Uint8Array(values.buffer, offset, target.length)),
    });
    const weight = slot.weight('F32', [40, 64], 0);
    const bias = slot.weight('F32', [40], 40 * 64 * 4);
    const [x, residual] = [await inputOf(backend, [20, 64]), await inputOf(backend, [20, 40])];
    const block = (first: number, count: number) =>
      run(backend, (e) =>
        e.add(e.rows(residual, first, count), e.addRow(e.matmul(weight, e.rows(x, first, count)), bias)),
      );
    const together = await block(0, 20);
    expect(backend.counts.dispatches).toBe(1);
    expect(together.subarray(7 * 40, 8 * 40)).toEqual(await block(7, 1));
    const product = backend.tensor([20, 40]);
    const apart = backend.encoder();
    apart.copy(apart.matmul(weight, x), product);
    await backend.submit(apart);
    expect(await run(backend, (e) => e.add(e.addRow(product, bias), residual))).toEqual(together);
    await backend.dispose();
  });

  it('a layer that keeps a window of several tiles has the same bits as a layer that keeps all positions', async () => {
    const backend = await webgpu(shared);
    const headSize = 12;
    const whole = { heads: 1, keySize: headSize, valueSize: headSize };
    const cache = backend.kvCache({ layers: [whole, { ...whole, keptPositions: 400 }], capacity: 900 });
    let position = 0;
    for (const { tokens, heads, window } of [
      // Fills the cache.
      { tokens: 390, heads: 1, window: 1 },
      { tokens: 300, heads: 1, window: 1 },
      // First one workgroup computes all tiles, then each tile has its own workgroup.
      { tokens: 64, heads: 32, window: 300 },
      { tokens: 1, heads: 32, window: 300 },
      { tokens: 3, heads: 2, window: 300 },
    ]) {
      const [q, kv] = [
        await inputOf(backend, [tokens, heads * headSize]),
        await inputOf(backend, [tokens, headSize]),
      ];
      const attend = (layer: number) =>
        run(backend, (e) =>
          e.attention(q, kv, kv, [{ cache, position, tokens }], { layer, scale: 0.3, window }),
        );
      expect(await attend(1), `positions from ${position} on`).toEqual(await attend(0));
      position += tokens;
    }
    await backend.dispose();
  });

  for (const { name, window, hasSinks } of [
    { name: 'no window', window: undefined, hasSinks: false },
    { name: 'a window of 300 positions', window: 300, hasSinks: false },
    { name: 'sinks', window: undefined, hasSinks: true },
  ]) {
    it(`attention with a workgroup for each tile has the same bits as with one workgroup for all tiles, ${name}`, async () => {
      const backend = await webgpu(shared);
      const [tokens, heads, headSize] = [600, 4, 12];
      const shape = [tokens, heads * headSize] as const;
      const [q, k, v] = await Promise.all([
        inputOf(backend, shape),
        inputOf(backend, shape),
        inputOf(backend, shape),
      ]);
      const cache = backend.kvCache({ layers: uniformKvLayers(1, heads, headSize), capacity: tokens });
      const sinks = hasSinks ? await weightOf(backend, 'F32', 1, heads) : undefined;
      const attend = (position: number, count: number) =>
        run(backend, (e) => {
          const rows = (x: Tensor) => e.rows(x, position, count);
          const options = { layer: 0, scale: 0.3, window };
          const spans = [{ cache, position, tokens: count }];
          return e.attention(rows(q), rows(k), rows(v), spans, options, sinks);
        });
      const together = await attend(0, tokens);
      for (const position of [255, 256, 599]) {
        const before = backend.counts.dispatches;
        const alone = await attend(position, 1);
        // Storing, attending, and merging if there is more than one tile.
        expect(backend.counts.dispatches - before).toBe(position < 256 ? 2 : 3);
        expect(together.subarray(position * shape[1], (position + 1) * shape[1])).toEqual(alone);
      }
      await backend.dispose();
    });
  }
});

// Properties of caches that the conformance suite does not test: size, rotation while storing, large heads, and NaN values.
import {
  ropeFrequencies,
  type Backend,
  type KvCacheDType,
  type PersistentTensor,
  type Rope,
} from '@rondo/tensor';
import { randomNumbers, randomValues, uniformKvLayers } from '@rondo/tensor/conformance';
import { testDevice } from '@rondo/testkit/webgpu';
import { describe, expect, it } from 'vitest';
import { kvCacheBytes } from './kv-cache.ts';
import { webgpu } from './webgpu.ts';

const shared = await testDevice();
const [tokens, heads, headSize] = [5, 2, 96];
const whole = { heads, keySize: headSize, valueSize: headSize };
const ring = { ...whole, keptPositions: 7 };
const shape = { layers: [undefined, whole, ring], capacity: 10 };

it('Q8_0 takes one byte for each value, and its scales', () => {
  const layers = uniformKvLayers(3, heads, 128);
  const full = kvCacheBytes({ layers, capacity: 10 });
  expect(kvCacheBytes({ layers, capacity: 10, dtype: 'Q8_0' }) / full).toBe(34 / 32 / 4);
});

it('the bytes of a layer depend on its own heads, sizes and positions', () => {
  const layer = { heads: 3, keySize: 8, valueSize: 5 };
  const bytes = (keptPositions?: number) =>
    kvCacheBytes({ layers: [undefined, { ...layer, keptPositions }], capacity: 10 });
  // Values are padded to a multiple of four.
  expect(bytes()).toBe(10 * 3 * (8 + 8) * 4);
  expect(bytes(4)).toBe(4 * 3 * (8 + 8) * 4);
  expect(bytes(11)).toBe(bytes());
  expect(kvCacheBytes({ layers: [undefined], capacity: 10 })).toBe(0);
});

it('head sizes that the kernels do not support are refused with UNSUPPORTED', () => {
  for (const [sizes, dtype, named] of [
    [{ keySize: 40, valueSize: 32 }, 'Q8_0', '40'],
    [{ keySize: 32, valueSize: 40 }, 'Q8_0', '40'],
    [{ keySize: 32, valueSize: 1028 }, 'F32', '1028'],
  ] as const)
    expect(() => kvCacheBytes({ layers: [{ heads: 1, ...sizes }], capacity: 10, dtype })).toThrowError(
      expect.objectContaining({ code: 'UNSUPPORTED', message: expect.stringContaining(named) }),
    );
});

async function inputOf(backend: Backend, values: Float32Array): Promise<PersistentTensor> {
  const tensor = backend.tensor([tokens, heads * headSize]);
  await backend.write(tensor, values);
  return tensor;
}

const spans = (backend: Backend, dtype: KvCacheDType) => [
  { cache: backend.kvCache({ ...shape, dtype }), position: 4, tokens },
];
const options = { layer: 1, scale: 0.1 };
const ringOptions = { layer: 2, scale: 0.1, window: 3 };

describe.skipIf(!shared)('a cache', () => {
  for (const dtype of ['F32', 'Q8_0'] as const) {
    for (const [kind, used] of [
      ['interleaved', options],
      ['halves', options],
      ['halves', ringOptions],
    ] as const) {
      const kept = used === ringOptions ? ' that keeps a window' : '';
      it(`of ${dtype}${kept}: keys rotated while they are stored (${kind}) equal keys rotated before`, async () => {
        const backend = await webgpu(shared);
        const random = randomNumbers(2);
        const [q, k, v] = [
          await inputOf(backend, randomValues(tokens * heads * headSize, random)),
          await inputOf(backend, randomValues(tokens * heads * headSize, random)),
          await inputOf(backend, randomValues(tokens * heads * headSize, random)),
        ];
        const [out, rotatedQ, rotatedK] = [q, k, v].map(({ shape }) => backend.tensor(shape));
        if (!out || !rotatedQ || !rotatedK) throw new RangeError('Three were made.');
        const rope: Rope = { kind, headSize, dimensions: 64, frequencies: ropeFrequencies(64, 10_000) };
        const together = spans(backend, dtype);
        const first = backend.encoder();
        const a = first.attention(
          first.rope(q, together, rope),
          first.rope(k, together, rope),
          v,
          together,
          used,
        );
        first.copy(a, out);
        await backend.submit(first);
        expect(backend.counts.dispatches).toBe(2);
        const expected = await backend.read(out);

        const apart = spans(backend, dtype);
        const second = backend.encoder();
        second.copy(second.rope(q, apart, rope), rotatedQ);
        second.copy(second.rope(k, apart, rope), rotatedK);
        second.copy(second.attention(rotatedQ, rotatedK, v, apart, used), out);
        await backend.submit(second);
        expect(backend.counts.dispatches).toBe(6);
        expect(await backend.read(out)).toEqual(expected);
        await backend.dispose();
      });
    }

    it(`of ${dtype} does not hide a NaN`, async () => {
      const backend = await webgpu(shared);
      const values = new Float32Array(tokens * heads * headSize).fill(1);
      const [q, k] = [await inputOf(backend, values), await inputOf(backend, values)];
      // The NaN is in the second head of the last token.
      const v = await inputOf(
        backend,
        values.map((value, i) => (i === values.length - 3 ? Number.NaN : value)),
      );
      const out = backend.tensor(q.shape);
      const encoder = backend.encoder();
      encoder.copy(encoder.attention(q, k, v, spans(backend, dtype), options), out);
      await backend.submit(encoder);
      const result = await backend.read(out);
      expect(result.at(-3)).toBeNaN();
      expect(result.subarray(0, -headSize).every(Number.isFinite)).toBe(true);
      await backend.dispose();
    });

    it(`of ${dtype}: a NaN before the window is not seen, whether it is still stored or overwritten`, async () => {
      const backend = await webgpu(shared);
      const values = new Float32Array(tokens * heads * headSize).fill(1);
      const [q, v] = [await inputOf(backend, values), await inputOf(backend, values)];
      const bad = await inputOf(backend, values.fill(Number.NaN));
      const [span] = spans(backend, dtype);
      if (!span) throw new RangeError('There is one span.');
      for (const used of [{ ...ringOptions, layer: 1 }, ringOptions]) {
        const out = backend.tensor(q.shape);
        const encoder = backend.encoder();
        const before = [{ ...span, position: 0, tokens: 2 }];
        const rows = (x: PersistentTensor) => encoder.rows(x, 0, 2);
        encoder.attention(rows(q), rows(q), rows(bad), before, used);
        encoder.copy(encoder.attention(q, q, v, [span], used), out);
        await backend.submit(encoder);
        expect((await backend.read(out)).every((value) => Math.abs(value - 1) < 1e-3)).toBe(true);
      }
      await backend.dispose();
    });
  }

  it('of large heads gives the same bits on a device with little workgroup memory', async () => {
    const adapter = await shared?.gpu.requestAdapter();
    const least = await adapter?.requestDevice();
    const results: Float32Array[] = [];
    for (const device of [shared?.device, least]) {
      const backend = await webgpu({ ...shared, ...(device && { device }), subgroups: false });
      const random = randomNumbers(3);
      const input = async (width: number) => {
        const tensor = backend.tensor([2, width]);
        await backend.write(tensor, randomValues(2 * width, random));
        return tensor;
      };
      const [q, k, v] = [await input(2 * 576), await input(576), await input(512)];
      const layers = [{ heads: 1, keySize: 576, valueSize: 512 }];
      const cache = backend.kvCache({ layers, capacity: 2 });
      const out = backend.tensor([2, 2 * 512]);
      const encoder = backend.encoder();
      const one = [{ cache, position: 0, tokens: 2 }];
      encoder.copy(encoder.attention(q, k, v, one, { layer: 0, scale: 0.05 }), out);
      await backend.submit(encoder);
      results.push(await backend.read(out));
      await backend.dispose();
    }
    expect(least?.limits.maxComputeWorkgroupStorageSize).toBe(16384);
    expect(results[1]).toEqual(results[0]);
    expect(results[1]?.some((value) => value !== 0)).toBe(true);
    least?.destroy();
  });
});

// What the conformance suite does not see of caches: their size, rotation on the way in, and values that are no numbers.
import type { Backend, KvCacheDType, PersistentTensor, Rope } from '@rondo/tensor';
import { randomNumbers, randomValues } from '@rondo/tensor/conformance';
import { testDevice } from '@rondo/testkit/webgpu';
import { describe, expect, it } from 'vitest';
import { kvCacheBytes } from './kv-cache.ts';
import { webgpu } from './webgpu.ts';

const shared = await testDevice();
const [tokens, heads, headSize] = [5, 2, 96];
const shape = { layers: 3, heads, headSize, capacity: 10 };

it('Q8_0 takes a byte and a little for each value', () => {
  const full = kvCacheBytes({ ...shape, headSize: 128 });
  expect(kvCacheBytes({ ...shape, headSize: 128, dtype: 'Q8_0' }) / full).toBe(34 / 32 / 4);
  expect(() => kvCacheBytes({ ...shape, headSize: 40, dtype: 'Q8_0' })).toThrowError(
    expect.objectContaining({ code: 'UNSUPPORTED' }),
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

describe.skipIf(!shared)('a cache', () => {
  for (const dtype of ['F32', 'Q8_0'] as const) {
    for (const kind of ['interleaved', 'halves'] as const) {
      it(`of ${dtype}: keys rotated on the way in (${kind}) are those rotated before`, async () => {
        const backend = await webgpu(shared);
        const random = randomNumbers(2);
        const [q, k, v] = [
          await inputOf(backend, randomValues(tokens * heads * headSize, random)),
          await inputOf(backend, randomValues(tokens * heads * headSize, random)),
          await inputOf(backend, randomValues(tokens * heads * headSize, random)),
        ];
        const [out, rotatedQ, rotatedK] = [q, k, v].map(({ shape }) => backend.tensor(shape));
        if (!out || !rotatedQ || !rotatedK) throw new RangeError('Three were made.');
        const rope: Rope = { kind, headSize, dimensions: 64, base: 10_000, scale: 1 };
        const together = spans(backend, dtype);
        const first = backend.encoder();
        const a = first.attention(
          first.rope(q, together, rope),
          first.rope(k, together, rope),
          v,
          together,
          options,
        );
        first.copy(a, out);
        await backend.submit(first);
        expect(backend.counts.dispatches).toBe(2);
        const expected = await backend.read(out);

        const apart = spans(backend, dtype);
        const second = backend.encoder();
        second.copy(second.rope(q, apart, rope), rotatedQ);
        second.copy(second.rope(k, apart, rope), rotatedK);
        second.copy(second.attention(rotatedQ, rotatedK, v, apart, options), out);
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
      // In the second head of the last token.
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
  }
});

// The backend's behaviour when memory is freed, or cannot be allocated.
import type { Backend, PersistentTensor } from '@rondo/tensor';
import { refsTo, uniformKvLayers } from '@rondo/tensor/conformance';
import { expect, it } from 'vitest';
import { cpu } from './cpu.ts';
import type { CpuKvCache, CpuTensor } from './cpu-tensors.ts';
import type { Region } from './plan.ts';
import { loadWeight } from './test-support/layers.ts';
import { scattered } from './test-support/scattered.ts';

const MEBIBYTE = 2 ** 20;

const regionsOf: Record<string, (backend: Backend) => { free(): void; regions: readonly Region[] }> = {
  tensor(backend) {
    const tensor = backend.tensor([1, MEBIBYTE / 4]) as PersistentTensor & CpuTensor;
    return { free: () => tensor.free(), regions: [tensor.region] };
  },
  kvCache(backend) {
    const shape = { layers: uniformKvLayers(2, 1, 32), capacity: 4096 };
    const cache = backend.kvCache(shape) as CpuKvCache;
    const regions = cache.kvLayers.flatMap((layer) => (layer ? [layer.region] : []));
    return { free: () => cache.free(), regions };
  },
};

it.each(Object.entries(regionsOf))(
  'the memory of a %s that is freed twice is allocated only once again',
  async (_, make) => {
    const backend = await cpu({ threads: 0 });
    const gone = make(backend);
    gone.free();
    gone.free();
    const addresses = [1, 2, 3].flatMap(() => make(backend).regions.map(({ address }) => address));
    expect(new Set(addresses).size).toBe(addresses.length);
    await backend.dispose();
  },
);

it('a cache that does not fit leaves no memory allocated', async () => {
  const backend = await cpu({ threads: 0, maximumBytes: 5 * MEBIBYTE });
  const shape = (layers: number) => ({ layers: uniformKvLayers(layers, 1, 32), capacity: 4096 });
  expect(() => backend.kvCache(shape(6))).toThrow(expect.objectContaining({ code: 'OUT_OF_MEMORY' }));
  expect(backend.kvCache(shape(4)).bytes).toBe(4 * MEBIBYTE);
  await backend.dispose();
});

it('a paged cache allocates pages as positions are reserved, and its freed pages can be allocated again', async () => {
  const backend = await cpu({ threads: 0, maximumBytes: 8 * MEBIBYTE });
  // A position takes 16 KiB: a page holds 64 positions.
  const shape = { layers: uniformKvLayers(2, 32, 32), capacity: 256, pageBytes: MEBIBYTE };
  const cache = backend.kvCache(shape);
  expect([cache.positions, cache.bytes]).toEqual([64, MEBIBYTE]);
  cache.reserve(65);
  expect([cache.positions, cache.bytes]).toEqual([128, 2 * MEBIBYTE]);
  const held = [1, 2, 3, 4].map(() => backend.slot([{ offset: 0, bytes: MEBIBYTE }], 1));
  expect(() => cache.reserve(256)).toThrow(expect.objectContaining({ code: 'OUT_OF_MEMORY' }));
  expect([cache.positions, cache.bytes]).toEqual([128, 2 * MEBIBYTE]);
  held[1]?.free();
  held[3]?.free();
  const { bytes } = backend;
  cache.reserve(256);
  expect(cache.bytes).toBe(backend.kvCacheBytes(shape));
  cache.reserve(1);
  expect(cache.positions).toBe(64);
  for (let i = 0; i < 3; i++) backend.slot([{ offset: 0, bytes: MEBIBYTE }], 1);
  expect(backend.bytes).toBe(bytes);
  await backend.dispose();
});

it('threads synchronize in a memory whose control block had other content before', async () => {
  const backend = await scattered({ threads: 3 });
  for (let memory = 0; memory < 4; memory++) {
    const slot = backend.slot([{ offset: 0, bytes: MEBIBYTE }], 1);
    await slot.fill({
      size: MEBIBYTE,
      alignment: 1,
      readInto: async (target) => void target.fill(0x55),
    });
    slot.free();
  }
  const weight = await loadWeight(backend, 'F32', [8, 64], 1);
  const x = backend.tensor([1, 64]);
  await backend.write(x, new Float32Array(64));
  const out = backend.tensor([1, 8]);
  const encoder = backend.encoder();
  encoder.copy(encoder.matmul(weight, x), out);
  await backend.submit(encoder);
  expect(await backend.read(out)).toEqual(new Float32Array(8));
  await backend.dispose();
});

it('no weight stays leased if there is no room for temporaries', async () => {
  const backend = await cpu({ threads: 0, maximumBytes: 5 * MEBIBYTE });
  const weight = await loadWeight(backend, 'F32', [1024, 8], 3);
  const [first, second] = refsTo([weight, weight]);
  const x = backend.tensor([4096, 8]);
  const encoder = backend.encoder();
  for (const ref of [first, second]) if (ref) encoder.matmul(ref, x);
  for (const awaited of [false, true]) {
    let held = 0;
    const submitted = backend.submit(encoder, ({ segment }) => {
      held += 1;
      const lease = { weight, release: () => void (held -= 1) };
      return awaited && segment === 1 ? Promise.resolve(lease) : lease;
    });
    await expect(submitted).rejects.toMatchObject({ code: 'OUT_OF_MEMORY' });
    await Promise.resolve();
    expect(held).toBe(0);
  }
  await backend.dispose();
});

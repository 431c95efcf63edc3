import type { Backend, Slot } from '@rondo/tensor';
import { describe, expect, it } from 'vitest';
import { losableGpu, testGpu } from '@rondo/testkit/webgpu';
import { webgpu } from './webgpu.ts';

const real = await testGpu();

const failed = (lost: string) => expect.objectContaining({ code: 'BACKEND_FAILED', details: { lost } });
const source = {
  size: 64,
  alignment: 1,
  readInto: async (target: Uint8Array) => void new Float32Array(target.buffer, 0, 16).fill(2),
};

async function open() {
  if (!real) throw new Error('Skipped, and yet run.');
  const losable = losableGpu(real);
  return { ...losable, backend: await webgpu({ gpu: losable.gpu }) };
}

/** The sum of eight ones with weights of two. */
async function product(backend: Backend): Promise<number> {
  const slot = backend.slot([{ offset: 0, bytes: 64 }], 1);
  await slot.fill(source);
  const x = backend.tensor([1, 8]);
  const out = backend.tensor([1, 2]);
  await backend.write(x, new Float32Array(8).fill(1));
  const encoder = backend.encoder();
  encoder.copy(encoder.matmul(slot.weight('F32', [2, 8], 0), x), out);
  await backend.submit(encoder);
  return (await backend.read(out))[1] ?? Number.NaN;
}

/** Starts one task of each kind of work. Returns their pending promises. */
function startAll(backend: Backend, slot: Slot): Promise<unknown>[] {
  const tensor = backend.tensor([1, 4]);
  const encoder = backend.encoder();
  encoder.copy(encoder.add(tensor, tensor), tensor);
  return [
    backend.submit(encoder),
    backend.submit(encoder),
    backend.read(tensor),
    slot.fill({
      ...source,
      readInto: (_target, _offset, options) =>
        new Promise((_resolve, reject) =>
          options?.signal?.addEventListener('abort', () => reject(options.signal?.reason)),
        ),
    }),
  ];
}

describe.skipIf(!real)('a lost device', () => {
  it('rejects pending work, can be restored once, and not a second time', async () => {
    const { backend, devices, lose } = await open();
    const tensor = backend.tensor([1, 4]);
    const encoder = backend.encoder();
    encoder.copy(encoder.add(tensor, tensor), tensor);
    const slot = backend.slot([{ offset: 0, bytes: 64 }], 1);
    const pending = startAll(backend, slot);
    lose('unknown');
    for (const result of await Promise.allSettled(pending))
      expect(result).toEqual({ status: 'rejected', reason: failed('unknown') });
    expect(() => backend.tensor([1])).toThrowError(failed('unknown'));
    expect(() => backend.slot([{ offset: 0, bytes: 64 }], 1)).toThrowError(failed('unknown'));
    await expect(backend.submit(encoder)).rejects.toEqual(failed('unknown'));

    await backend.restore();
    expect(devices).toHaveLength(2);
    expect(await product(backend)).toBe(16);
    // Objects made before the loss stay lost, and their errors name the reason of the loss.
    await expect(backend.submit(encoder)).rejects.toEqual(failed('unknown'));
    await expect(backend.read(tensor)).rejects.toEqual(failed('unknown'));
    await expect(slot.fill(source)).rejects.toEqual(failed('unknown'));
    tensor.free();
    slot.free();

    lose('unknown');
    await expect(backend.submit(backend.encoder())).rejects.toEqual(failed('unknown'));
    await expect(backend.restore()).rejects.toEqual(failed('unknown'));
    expect(devices).toHaveLength(2);
    await backend.dispose();
  });

  it('cannot be restored if the device was destroyed', async () => {
    const { backend, devices } = await open();
    const slot = backend.slot([{ offset: 0, bytes: 64 }], 1);
    const pending = startAll(backend, slot);
    devices[0]?.destroy();
    for (const result of await Promise.allSettled(pending))
      expect(result).toEqual({ status: 'rejected', reason: failed('destroyed') });
    await expect(backend.restore()).rejects.toEqual(failed('destroyed'));
    expect(devices).toHaveLength(1);
    await backend.dispose();
  });

  it('dispose rejects pending work and all later work with CLOSED', async () => {
    const { backend } = await open();
    const closed = expect.objectContaining({ code: 'CLOSED' });
    const slot = backend.slot([{ offset: 0, bytes: 64 }], 1);
    const pending = startAll(backend, slot);
    await backend.dispose();
    for (const result of await Promise.allSettled(pending))
      expect(result).toEqual({ status: 'rejected', reason: closed });
    await expect(slot.fill(source)).rejects.toEqual(closed);
    await expect(backend.restore()).rejects.toEqual(closed);
    expect(() => backend.tensor([1])).toThrowError(closed);
    expect(backend.bytes).toBe(0);
  });
});

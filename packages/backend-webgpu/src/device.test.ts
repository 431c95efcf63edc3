import { describe, expect, it, vi } from 'vitest';
import { testDevice } from '@rondo/testkit/webgpu';
import { webgpu } from './webgpu.ts';

const shared = await testDevice();
const REQUIRED = 'packed_4x8_integer_dot_product';
const unsupported = (text: string) =>
  expect.objectContaining({ code: 'UNSUPPORTED', message: expect.stringContaining(text) });

describe('opening', () => {
  it('fails without an adapter, or if the adapter gives no device, and the error says what to do', async () => {
    const wgslLanguageFeatures = new Set([REQUIRED]);
    const none = { wgslLanguageFeatures, requestAdapter: async () => null } as unknown as GPU;
    await expect(webgpu({ gpu: none })).rejects.toEqual(unsupported('CPU backend'));
    const adapter = {
      limits: {},
      features: new Set(),
      requestDevice: async () => {
        throw new TypeError('consumed');
      },
    };
    const stingy = { wgslLanguageFeatures, requestAdapter: async () => adapter } as unknown as GPU;
    await expect(webgpu({ gpu: stingy })).rejects.toEqual(unsupported('gave no device'));
  });

  it('fails with an older WGSL, and the error names the missing language feature', async () => {
    const old = { wgslLanguageFeatures: new Set() } as unknown as GPU;
    await expect(webgpu({ gpu: old })).rejects.toEqual(unsupported(REQUIRED));
  });

  it('fails in Node without the package webgpu, and the error names the package', async () => {
    vi.resetModules();
    vi.doMock('webgpu', () => {
      throw new Error("Cannot find package 'webgpu'");
    });
    const { webgpu: fresh } = await import('./webgpu.ts');
    await expect(fresh()).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('npm install webgpu'),
    });
    vi.doUnmock('webgpu');
  });

  it('refuses invalid memory limits', async () => {
    await expect(webgpu({ maximumBytes: 0 })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    await expect(webgpu({ maximumBufferBytes: Number.NaN })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    await expect(webgpu({ hostMemoryBytes: -1 })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  });
});

describe.skipIf(!shared)('an open device', () => {
  it("stays open when the backend is disposed of, if the device is the user's own", async () => {
    const first = await webgpu(shared);
    first.tensor([4]);
    await first.dispose();
    expect(first.bytes).toBe(0);
    const second = await webgpu(shared);
    const tensor = second.tensor([4]);
    await second.write(tensor, Float32Array.of(1, 2, 3, 4));
    expect([...(await second.read(tensor))]).toEqual([1, 2, 3, 4]);
    await second.dispose();
  });

  it('measures its kernels with the option profile', async () => {
    const backend = await webgpu({ ...shared, profile: true });
    const tensor = backend.tensor([1, 1000]);
    const encoder = backend.encoder();
    encoder.copy(encoder.add(encoder.add(tensor, tensor), tensor), tensor);
    encoder.topK(tensor, 3);
    await backend.submit(encoder);
    const profile = await backend.takeProfile();
    expect(Object.fromEntries(profile.map(({ kernel, dispatches }) => [kernel, dispatches]))).toEqual({
      add: 2,
      copy: 1,
      topK: 1,
    });
    expect(profile.every(({ ms }) => ms >= 0)).toBe(true);
    expect(await backend.takeProfile()).toEqual([]);
    await backend.dispose();
    const plain = await webgpu(shared);
    await expect(plain.takeProfile()).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    await plain.dispose();
  });
});

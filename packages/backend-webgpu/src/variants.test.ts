// Kernels for features that the software adapter lacks. Dawn's null backend has all features, so it can compile every kernel
// and check its bindings. The null backend computes nothing.
import { rowBytes, type Backend, type DType } from '@rondo/tensor';
import { uniformKvLayers } from '@rondo/tensor/conformance';
import { describe, expect, it } from 'vitest';
import { create } from 'webgpu';
import { supportedDtypes } from './formats/index.ts';
import { webgpu } from './webgpu.ts';

async function weightOf(backend: Backend, dtype: DType, rows: number, width: number) {
  const bytes = rowBytes(dtype, width) * rows;
  const slot = backend.slot([{ offset: 0, bytes }], 4);
  await slot.fill({ size: bytes, alignment: 4, readInto: async () => {} });
  return slot.weight(dtype, [rows, width], 0);
}

describe('with every feature', () => {
  it('the null backend reports errors in shaders', async () => {
    const adapter = await create(['backend=null']).requestAdapter();
    const device = await adapter?.requestDevice();
    device?.pushErrorScope('validation');
    device?.createShaderModule({ code: 'enable f16; const one = 1.0h;' });
    expect(await device?.popErrorScope()).toMatchObject({ message: expect.stringContaining('f16') });
    device?.destroy();
  });

  it('products of each format in float16 are accepted, for few tokens and for many', async () => {
    const backend = await webgpu({ gpu: create(['backend=null']), float16: true, profile: true });
    const x = backend.tensor([70, 256]);
    for (const dtype of supportedDtypes) {
      const weight = await weightOf(backend, dtype, 70, 256);
      const encoder = backend.encoder();
      for (const tokens of [1, 2, 4, 16, 20, 70]) {
        const rows = encoder.rows(x, 0, tokens);
        const gate = encoder.matmul(weight, rows);
        encoder.gated(gate, encoder.matmul(weight, rows), 'silu');
      }
      await backend.submit(encoder);
    }
    const kernels = (await backend.takeProfile()).map(({ kernel }) => kernel);
    expect(kernels.filter((kernel) => !kernel.includes('(float16)'))).toEqual([]);
    expect(kernels).toContain('matmat Q4_0 silu (float16) tokens 64');
    await backend.dispose();
  });

  it('norms and attention by subgroups are accepted', async () => {
    const backend = await webgpu({ gpu: create(['backend=null']) });
    const row = { ...(await weightOf(backend, 'F32', 1, 128)), shape: [128] };
    for (const dtype of ['F32', 'Q8_0'] as const) {
      const cache = backend.kvCache({ layers: uniformKvLayers(1, 2, 32), capacity: 400, dtype });
      const [x, kv] = [backend.tensor([3, 128]), backend.tensor([3, 64])];
      for (const position of [0, 300]) {
        const encoder = backend.encoder();
        const h = encoder.addRow(encoder.layerNorm(x, row, 1e-5), row);
        const q = encoder.rmsNorm(h, row, 1e-5);
        for (const sinks of [undefined, { ...(await weightOf(backend, 'F32', 1, 4)), shape: [4] }])
          encoder.attention(q, kv, kv, [{ cache, position, tokens: 3 }], { layer: 0, scale: 1 }, sinks);
        await backend.submit(encoder);
      }
    }
    await backend.dispose();
  });
});

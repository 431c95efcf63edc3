import { formats, type Encoder } from '@rondo/tensor';
import { backendConformance } from '@rondo/tensor/conformance';
import { describe, expect, it } from 'vitest';
import { supportedDtypes } from './formats/index.ts';
import { testDevice } from '@rondo/testkit/webgpu';
import { webgpu, type WebGpuOptions } from './webgpu.ts';

const shared = await testDevice();

interface Variant {
  readonly options: WebGpuOptions;
  readonly dtypes: typeof supportedDtypes;
  /** Names of the cases to run. */
  readonly cases: RegExp;
}

const variants: Record<string, Variant> = {
  'all formats': { options: {}, dtypes: supportedDtypes, cases: /./ },
  'without subgroups': { options: { subgroups: false }, dtypes: [], cases: /./ },
  // Only cases whose tolerance allows rounded operands. The case of float weights does not allow rounding.
  float16: { options: { float16: true }, dtypes: ['Q4_0', 'Q6_K'], cases: /^matmul Q/ },
  'weights spread over buffers': {
    options: { maximumBufferBytes: 48 << 10 },
    dtypes: ['Q6_K'],
    cases: /^matmul/,
  },
};

for (const [name, { options, dtypes, cases }] of Object.entries(variants)) {
  describe.skipIf(!shared)(`webgpu backend, ${name}`, () => {
    // WGSL allows devices to treat denormal numbers as 0, and SwiftShader does so.
    for (const one of backendConformance({ dtypes, kvCacheDtypes: ['F32', 'Q8_0'], denormals: false })) {
      if (cases.test(one.name)) it(one.name, () => one.run(() => webgpu({ ...shared, ...options })));
    }
  });
}

it('there is a kernel for every data type that can be decoded', () => {
  expect(supportedDtypes.toSorted()).toEqual([...formats.keys()].toSorted());
});

it.skipIf(!shared)('rows of a tensor can be copied to its beginning', async () => {
  const backend = await webgpu(shared);
  const tensor = backend.tensor([3, 2]);
  await backend.write(tensor, Float32Array.of(1, 2, 3, 4, 5, 6));
  const encoder = backend.encoder();
  encoder.copy(encoder.rows(tensor, 1, 2), tensor);
  await backend.submit(encoder);
  expect([...(await backend.read(tensor))]).toEqual([3, 4, 5, 6, 5, 6]);
  await backend.dispose();
});

it.skipIf(!shared)(
  'functions of one value are accurate near 0, have their limits at large values, and keep a NaN',
  async () => {
    const backend = await webgpu(shared);
    const values = Float32Array.of(Number.NaN, 1e-6, -1e-3, 0.0999, -0.1001, 0.5, 3e38, -1e6, 0);
    const x = backend.tensor([1, values.length]);
    await backend.write(x, values);
    for (const [encode, expected] of [
      [(e: Encoder) => e.softcap(x, 1), Math.tanh],
      [(e: Encoder) => e.softcap(x, 50), (value: number) => 50 * Math.tanh(value / 50)],
      [(e: Encoder) => e.activate(x, 'silu'), (value: number) => value / (1 + Math.exp(-value))],
      [(e: Encoder) => e.scale(x, -0.5), (value: number) => value * -0.5],
    ] as const) {
      const encoder = backend.encoder();
      const out = backend.tensor(x.shape);
      encoder.copy(encode(encoder), out);
      await backend.submit(encoder);
      const [ofNaN, ...others] = await backend.read(out);
      expect(ofNaN).toBeNaN();
      for (const [i, value] of others.entries()) {
        const right = expected(values[i + 1] ?? Number.NaN);
        expect(Math.abs(value - right), `${values[i + 1]}`).toBeLessThanOrEqual(
          Math.abs(right) * 2e-6 + 1e-30,
        );
      }
    }
    await backend.dispose();
  },
);

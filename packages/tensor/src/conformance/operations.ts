// Cases: each operation but matrix products (products.ts) and attention (attention.ts) against the reference, on odd sizes as well as even ones.
import type { Encoder, Rope, Tensor } from '../backend.ts';
import { ropeFrequencies } from '../rope-table.ts';
import { compare, failsWith } from './harness.ts';
import type { ConformanceCase } from './case.ts';

/** Float32 sums in another order than the reference's. */
const FLOAT_TOLERANCE = 1e-5;

/** Half a position a token, as linear scaling by a factor of 2. */
const rope = (kind: Rope['kind'], headSize: number, dimensions: number, factors?: Float32Array): Rope => ({
  kind,
  headSize,
  dimensions,
  frequencies: ropeFrequencies(dimensions, 10_000, { scale: 0.5, factors }),
});

/** The operations. */
export const operationCases: readonly ConformanceCase[] = [
  {
    name: 'rmsNorm',
    async run(make) {
      const backend = await make();
      for (const [tokens, width] of [
        [1, 1],
        [3, 7],
        [2, 64],
        [5, 1030],
      ] as const) {
        await compare(backend, width, FLOAT_TOLERANCE, async (on) => {
          const weight = await on.weight('F32', [width]);
          const x = await on.input([tokens, width]);
          return on.run((e) => e.rmsNorm(x, weight, 1e-5));
        });
      }
      await backend.dispose();
    },
  },
  {
    name: 'rmsNorm, each head of a row on its own',
    async run(make) {
      const backend = await make();
      for (const [tokens, heads, size] of [
        [3, 5, 7],
        [2, 3, 64],
        [1, 2, 600],
      ] as const) {
        await compare(backend, size, FLOAT_TOLERANCE, async (on) => {
          const weight = await on.weight('F32', [size]);
          const x = await on.input([tokens, heads * size]);
          return on.run((e) => e.rmsNorm(x, weight, 1e-5));
        });
      }
      const e = backend.encoder();
      const x = backend.tensor([2, 12]);
      await failsWith('BAD_SHAPE', () => e.rmsNorm(x, { dtype: 'F32', shape: [5] }, 1e-5));
      await failsWith('BAD_SHAPE', () => e.rmsNorm(x, { dtype: 'F16', shape: [12] }, 1e-5));
      await backend.dispose();
    },
  },
  {
    name: 'rmsNorm without a weight, of rows and of the heads of a row',
    async run(make) {
      const backend = await make();
      for (const [tokens, heads, size] of [
        [1, 1, 1],
        [3, 5, 7],
        [2, 3, 64],
        [4, 1, 1030],
      ] as const) {
        await compare(backend, size, FLOAT_TOLERANCE, async (on) => {
          const x = await on.input([tokens, heads * size]);
          return on.run((e) => e.add(e.rmsNorm(x, undefined, 1e-5, size), e.rmsNorm(x, undefined, 1e-5)));
        });
      }
      const e = backend.encoder();
      const x = backend.tensor([2, 12]);
      for (const size of [5, 0, 24]) await failsWith('BAD_SHAPE', () => e.rmsNorm(x, undefined, 1e-5, size));
      await backend.dispose();
    },
  },
  {
    name: 'layerNorm and addRow',
    async run(make) {
      const backend = await make();
      for (const [tokens, width] of [
        [1, 2],
        [3, 7],
        [2, 64],
        [5, 1030],
      ] as const) {
        await compare(backend, width, FLOAT_TOLERANCE, async (on) => {
          const weight = await on.weight('F32', [width]);
          const bias = await on.weight('F32', [width]);
          const x = await on.input([tokens, width]);
          return on.run((e) => e.addRow(e.layerNorm(x, weight, 1e-5), bias));
        });
      }
      const e = backend.encoder();
      const x = backend.tensor([2, 12]);
      await failsWith('BAD_SHAPE', () => e.layerNorm(x, { dtype: 'F32', shape: [6] }, 1e-5));
      await failsWith('BAD_SHAPE', () => e.addRow(x, { dtype: 'F32', shape: [6] }));
      await backend.dispose();
    },
  },
  {
    name: 'activate, scale and softcap, also on extreme values',
    async run(make) {
      const backend = await make();
      for (const encode of [
        (e: Encoder, x: Tensor) => e.activate(x, 'silu'),
        (e: Encoder, x: Tensor) => e.activate(x, 'gelu'),
        (e: Encoder, x: Tensor) => e.scale(x, -0.37),
        (e: Encoder, x: Tensor) => e.softcap(x, 30),
      ]) {
        await compare(backend, 12, FLOAT_TOLERANCE, async (on) => {
          const x = await on.input([3, 341]);
          const values = await on.backend.read(x);
          values.set([-1000, -100, -30, 0, 30, 100, 1000, 1e-4, -1e-4]);
          await on.backend.write(x, values);
          return on.run((e) => encode(e, x));
        });
      }
      await backend.dispose();
    },
  },
  {
    name: 'rope, both kinds, part of a head, with factors, magnitude and temperature, over two sequences',
    async run(make) {
      const backend = await make();
      const spans = [
        { position: 3, tokens: 2 },
        { position: 700, tokens: 1 },
      ];
      const factors = Float32Array.of(1, 2, 8, 1.5);
      for (const options of [
        rope('interleaved', 8, 8),
        rope('halves', 8, 8),
        rope('halves', 12, 8, factors),
        rope('interleaved', 10, 8, factors),
        { ...rope('halves', 12, 8), magnitude: 1.2 },
        { ...rope('interleaved', 8, 8), magnitude: 1.2, temperature: { scale: 0.1, length: 100 } },
      ]) {
        await compare(backend, 5, FLOAT_TOLERANCE, async (on) => {
          const x = await on.input([3, 2 * options.headSize]);
          return on.run((e) => e.rope(x, spans, options));
        });
      }
      await backend.dispose();
    },
  },
  {
    name: 'topK, equal values and NaN too',
    async run(make) {
      const backend = await make();
      for (const [width, count] of [
        [5, 5],
        [64, 1],
        [1003, 8],
      ] as const) {
        await compare(backend, width, 0, async (on) => {
          const x = await on.input([3, width]);
          const values = await on.backend.read(x);
          values.set([2, 9, 9, -1, 9]);
          await on.backend.write(x, values);
          return on.run((e) => e.topK(x, count));
        });
      }
      await compare(backend, 3, 0, async (on) => {
        const x = await on.input([2, 40]);
        const values = await on.backend.read(x);
        values[17] = Number.NaN;
        await on.backend.write(x, values);
        const result = await on.run((e) => e.topK(x, 2));
        if (!Number.isNaN(result[0])) throw new Error(`NaN was overlooked: ${result[0]} came first.`);
        return result.subarray(2);
      });
      await backend.dispose();
    },
  },
  {
    name: 'getRows and scatterAdd',
    async run(make) {
      const backend = await make();
      for (const width of [3, 64, 1030]) {
        await compare(backend, width, FLOAT_TOLERANCE, async (on) => {
          const x = await on.input([5, width]);
          const y = await on.input([3, width]);
          return on.run((e) => e.scatterAdd(e.getRows(x, [4, 1, 1, 0]), y, [3, 0, 2], [0.5, -2, 1]));
        });
      }
      const e = backend.encoder();
      const x = backend.tensor([2, 4]);
      await failsWith('BAD_SHAPE', () => e.getRows(x, [2]));
      await failsWith('BAD_SHAPE', () => e.scatterAdd(x, x, [0], [1]));
      await failsWith('BAD_SHAPE', () => e.scatterAdd(x, x, [1, 1], [1, 1]));
      await failsWith('BAD_SHAPE', () => e.topK(x, 5));
      await backend.dispose();
    },
  },
  {
    name: 'gated and add, also on extreme values',
    async run(make) {
      const backend = await make();
      for (const activation of ['silu', 'gelu'] as const) {
        await compare(backend, 11, FLOAT_TOLERANCE, async (on) => {
          const gate = await on.input([3, 341]);
          const up = await on.input([3, 341]);
          const values = await on.backend.read(gate);
          values.set([-1000, -100, -30, 0, 30, 100]);
          await on.backend.write(gate, values);
          return on.run((e) => e.add(e.gated(gate, up, activation), gate));
        });
      }
      await backend.dispose();
    },
  },
];

// Cases: each operation but matrix products (products.ts) against the reference, on odd sizes as well as even ones.
import type { AttentionSpan, Rope } from '../backend.ts';
import { compare, failsWith, type Bench } from './harness.ts';
import type { ConformanceCase } from './index.ts';

/** Float32 sums in another order than the reference's. */
const FLOAT_TOLERANCE = 1e-5;

const rope = (kind: Rope['kind'], headSize: number, dimensions: number, factors?: Float32Array): Rope => ({
  kind,
  headSize,
  dimensions,
  base: 10000,
  scale: 0.5,
  factors,
});

const cacheOf = ({ backend }: Bench, heads: number, headSize: number, capacity: number) =>
  backend.kvCache({ layers: 2, heads, headSize, capacity });

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
    name: 'rope, both kinds, part of a head, with factors, over two sequences',
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
      ]) {
        await compare(backend, 5, FLOAT_TOLERANCE, async (on) => {
          const x = await on.input([3, 2 * options.headSize]);
          return on.run((e) => e.rope(x, spans, options));
        });
      }
      await backend.dispose();
    },
  },
  ...[
    { name: 'one head for each', heads: 3, kvHeads: 3, headSize: 8 },
    { name: 'grouped heads', heads: 6, kvHeads: 2, headSize: 32 },
    { name: 'grouped heads of odd size', heads: 4, kvHeads: 1, headSize: 37 },
  ].map(({ name, heads, kvHeads, headSize }): ConformanceCase => ({
    name: `attention, ${name}: prompt, then token by token, two sequences`,
    async run(make) {
      const backend = await make();
      for (const window of [undefined, 3]) {
        await compare(backend, headSize, FLOAT_TOLERANCE, async (on) => {
          const caches = [cacheOf(on, kvHeads, headSize, 20), cacheOf(on, kvHeads, headSize, 9)] as const;
          const results: number[] = [];
          const steps: AttentionSpan[][] = [
            [{ cache: caches[0], position: 0, tokens: 11 }],
            [
              { cache: caches[0], position: 11, tokens: 1 },
              { cache: caches[1], position: 0, tokens: 5 },
            ],
            [
              { cache: caches[1], position: 5, tokens: 1 },
              { cache: caches[0], position: 12, tokens: 2 },
            ],
          ];
          for (const spans of steps) {
            const tokens = spans.reduce((sum, span) => sum + span.tokens, 0);
            const q = await on.input([tokens, heads * headSize]);
            const k = await on.input([tokens, kvHeads * headSize]);
            const v = await on.input([tokens, kvHeads * headSize]);
            results.push(
              ...(await on.run((e) =>
                e.attention(q, k, v, spans, { layer: 1, scale: 1 / Math.sqrt(headSize), window }),
              )),
            );
          }
          return Float32Array.from(results);
        });
      }
      await backend.dispose();
    },
  })),
  {
    name: 'attention over a long context',
    async run(make) {
      const backend = await make();
      await compare(backend, 3, FLOAT_TOLERANCE, async (on) => {
        const cache = cacheOf(on, 1, 16, 1500);
        const spans = [{ cache, position: 0, tokens: 1300 }];
        const q = await on.input([1300, 32]);
        const k = await on.input([1300, 16]);
        const v = await on.input([1300, 16]);
        return on.run((e) => e.rows(e.attention(q, k, v, spans, { layer: 0, scale: 2 }), 1290, 10));
      });
      await backend.dispose();
    },
  },
  {
    name: 'attention with capped scores',
    async run(make) {
      const backend = await make();
      await compare(backend, 6, FLOAT_TOLERANCE, async (on) => {
        const spans = [{ cache: cacheOf(on, 2, 24, 9), position: 0, tokens: 9 }];
        const q = await on.input([9, 96]);
        const k = await on.input([9, 48]);
        const v = await on.input([9, 48]);
        return on.run((e) => e.attention(q, k, v, spans, { layer: 0, scale: 3, softcap: 2 }));
      });
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

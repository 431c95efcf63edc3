// Cases: each operation but matrix products (products.ts) against the reference, on odd sizes as well as even ones.
import type { AttentionSpan, Rope } from '../backend.ts';
import { compare, type Bench } from './harness.ts';
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

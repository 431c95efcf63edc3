// Cases: each operation against the reference, on odd sizes as well as even ones.
import type { AttentionSpan, Rope } from '../backend.ts';
import type { DType } from '../dtype.ts';
import { bench, bytesSource, compare, sameBits, type Bench } from './harness.ts';
import { randomNumbers, randomWeights } from './random.ts';
import type { ConformanceCase } from './index.ts';

/** Float32 sums in another order than the reference's. */
const FLOAT_TOLERANCE = 1e-5;
/** Activations in 8 bits: each is off by up to 1/254 of its block's largest. */
const QUANTIZED_TOLERANCE = 1e-2;

/** Rows of the weight, and tokens. */
const floatSizes = [
  [1, 1],
  [7, 1],
  [33, 4],
  [70, 9],
] as const;
/** Enough results that their norm is what the error of the activations is to be compared with. */
const quantizedSizes = [
  [61, 1],
  [33, 4],
  [70, 9],
] as const;

const floats: readonly DType[] = ['F32', 'F16', 'BF16'];

/** Products with every data type the backend says it has, in sizes around the kernels' strides. */
export function matmulCases(dtypes: readonly DType[]): ConformanceCase[] {
  return dtypes.flatMap((dtype) => {
    const isFloat = floats.includes(dtype);
    const superBlock = dtype.endsWith('_K') || dtype.startsWith('IQ4_XS');
    const widths = isFloat ? [1, 5, 8, 63, 256] : superBlock ? [256, 512, 1280] : [32, 96, 128, 224, 512];
    return [
      {
        name: `matmul ${dtype}`,
        async run(make) {
          const backend = await make();
          for (const [index, width] of widths.entries()) {
            for (const [outWidth, tokens] of isFloat ? floatSizes : quantizedSizes) {
              await compare(
                backend,
                100 + index,
                isFloat ? FLOAT_TOLERANCE : QUANTIZED_TOLERANCE,
                async (on) => {
                  const weight = await on.weight(dtype, [outWidth, width]);
                  const x = await on.input([tokens, width]);
                  return on.run((e) => e.matmul(weight, x));
                },
              );
            }
          }
          await backend.dispose();
        },
      },
      {
        name: `matmul ${dtype} gives each token the same bits alone and in a batch`,
        async run(make) {
          const backend = await make();
          const on = bench(backend, 7);
          const width = widths.at(-1) ?? 256;
          const weight = await on.weight(dtype, [19, width]);
          const x = await on.input([7, width]);
          const together = await on.run((e) => e.matmul(weight, x));
          for (let token = 0; token < 7; token++) {
            const alone = await on.run((e) => e.matmul(weight, e.rows(x, token, 1)));
            sameBits(alone, together.subarray(token * 19, (token + 1) * 19), `token ${token}`);
          }
          await backend.dispose();
        },
      },
    ];
  });
}

const rope = (kind: Rope['kind'], headSize: number, dimensions: number, factors?: Float32Array): Rope => ({
  kind,
  headSize,
  dimensions,
  base: 10000,
  scale: 0.5,
  factors,
});

/** Bits of a NaN and an infinity, low byte first. */
const notFinite: Partial<Record<DType, readonly (readonly number[])[]>> = {
  F32: [
    [0, 0, 0xc0, 0x7f],
    [0, 0, 0x80, 0xff],
  ],
  F16: [
    [0, 0x7e],
    [0, 0xfc],
  ],
  BF16: [
    [0xc0, 0x7f],
    [0x80, 0xff],
  ],
  Q8_0: [
    [0, 0x7e],
    [0, 0xfc],
  ],
  Q4_0: [
    [0, 0x7e],
    [0, 0xfc],
  ],
};

/** A product must not hide a weight, or a scale, that is no number. */
export function notFiniteCases(dtypes: readonly DType[]): ConformanceCase[] {
  return dtypes
    .filter((dtype) => notFinite[dtype])
    .map((dtype) => ({
      name: `matmul ${dtype} with a NaN or an infinity in a row gives no finite result for it`,
      async run(make) {
        const backend = await make();
        for (const bits of notFinite[dtype] ?? []) {
          for (const tokens of [1, 5]) {
            const rows = randomWeights(dtype, 3, 64, randomNumbers(1));
            rows.set(bits, rows.length / 3);
            const slot = backend.slot([{ offset: 0, bytes: rows.length }], 1);
            await slot.fill(bytesSource(rows));
            const weight = slot.weight(dtype, [3, 64], 0);
            const on = bench(backend, 1);
            const x = await on.input([tokens, 64]);
            const result = await on.run((e) => e.matmul(weight, x));
            for (const [index, value] of result.entries()) {
              if (Number.isFinite(value) === (index % 3 === 1))
                throw new Error(`row ${index % 3} is ${value}`);
            }
          }
        }
        await backend.dispose();
      },
    }));
}

const cacheOf = ({ backend }: Bench, heads: number, headSize: number, capacity: number) =>
  backend.kvCache({ layers: 2, heads, headSize, capacity });

/** Everything but products. */
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

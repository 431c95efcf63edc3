// Cases: matrix products with every data type of a backend, in sizes around the kernels' strides, and with special values:
// values that are not finite, and extreme scales.
import { layoutOf, type DType } from '../dtype.ts';
import { formatOf } from '../formats/index.ts';
import { bench, bytesSource, compare, sameBits } from './harness.ts';
import { halfOffsets } from '../half-offsets.ts';
import { randomNumbers, randomValues, randomWeights } from './random.ts';
import type { ConformanceCase } from './case.ts';

/** For float32 sums in another order than the sums of the reference. */
const FLOAT_TOLERANCE = 1e-5;
/** For activations in 8 bits: the error of an activation is up to 1/254 of the largest activation of its block. */
const QUANTIZED_TOLERANCE = 1e-2;

/** Numbers of rows of the weight, and of tokens. */
const floatSizes = [
  [1, 1],
  [7, 1],
  [33, 4],
  [70, 9],
] as const;
/** Sizes with enough results that the error of the activations can be compared with the norm of the results. */
const quantizedSizes = [
  [61, 1],
  [33, 4],
  [70, 9],
] as const;

const floats: readonly DType[] = ['F32', 'F16', 'BF16'];

/**
 * The norm that the error of a product is compared with; undefined = the norm of the results. In a format with a minimum
 * beside the scale, the mean of the weights is not 0, and the terms of a sum can cancel by chance. For such a format the norm
 * is the norm that the results have without cancellation.
 */
function yardstick(
  dtype: DType,
  [outWidth, width]: [number, number],
  tokens: number,
  seed: number,
): number | undefined {
  if ((halfOffsets[dtype]?.length ?? 0) < 2) return undefined;
  const random = randomNumbers(seed);
  const weights = new Float32Array(outWidth * width);
  formatOf(dtype).dequantize(randomWeights(dtype, outWidth, width, random), weights);
  const x = randomValues(tokens * width, random);
  const squares = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);
  return Math.sqrt((squares(weights) * squares(x)) / width);
}

/** Products with every data type of the backend, in sizes around the kernels' strides. */
export function matmulCases(dtypes: readonly DType[]): ConformanceCase[] {
  return dtypes.flatMap((dtype) => {
    const isFloat = floats.includes(dtype);
    const { blockElements } = layoutOf(dtype);
    const blocks = blockElements === 256 ? [1, 2, 5] : [1, 3, 4, 7, 16];
    const widths = isFloat ? [1, 5, 8, 63, 256] : blocks.map((count) => count * blockElements);
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
                yardstick(dtype, [outWidth, width], tokens, 100 + index),
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

/** Products with very long rows: a backend that prepares several rows for a batch of tokens must prepare them in parts. */
export function longRowCases(dtypes: readonly DType[]): ConformanceCase[] {
  return dtypes
    .filter((dtype) => dtype === 'Q4_0' || dtype === 'Q4_K')
    .map((dtype) => ({
      name: `matmul ${dtype} with rows of 40,960 values`,
      async run(make) {
        const backend = await make();
        await compare(backend, 9, QUANTIZED_TOLERANCE, async (on) => {
          const weight = await on.weight(dtype, [101, 40_960]);
          const x = await on.input([5, 40_960]);
          return on.run((e) => e.matmul(weight, x));
        });
        await backend.dispose();
      },
    }));
}

/** A NaN and an infinity, low byte first. */
const notFinite: Readonly<Record<'F32' | 'F16' | 'BF16', readonly (readonly number[])[]>> = {
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
};

/** The places in a row for a value that is not finite, and the bits of that value. */
function notFinitePlaces(dtype: DType): { offset: number; bits: readonly number[] }[] {
  const offsets = dtype in notFinite ? [0] : (halfOffsets[dtype] ?? []);
  const patterns = notFinite[dtype === 'F32' || dtype === 'BF16' ? dtype : 'F16'];
  return offsets.flatMap((offset) => patterns.map((bits) => ({ offset, bits })));
}

/** A product must not hide a weight or a scale that is not finite. */
export function notFiniteCases(dtypes: readonly DType[]): ConformanceCase[] {
  return dtypes
    .filter((dtype) => notFinitePlaces(dtype).length > 0)
    .map((dtype) => ({
      name: `matmul ${dtype} with a NaN or an infinity in a row gives no finite result for it`,
      async run(make) {
        const backend = await make();
        const width = 2 * Math.max(32, layoutOf(dtype).blockElements);
        for (const { offset, bits } of notFinitePlaces(dtype)) {
          for (const tokens of [1, 5]) {
            const rows = randomWeights(dtype, 3, width, randomNumbers(1));
            rows.set(bits, rows.length / 3 + offset);
            const slot = backend.slot([{ offset: 0, bytes: rows.length }], 1);
            await slot.fill(bytesSource(rows));
            const weight = slot.weight(dtype, [3, width], 0);
            const on = bench(backend, 1);
            const x = await on.input([tokens, width]);
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

/** MXFP4's scales are exponents. Exponents 0 and 1 are denormal as float32. From exponent 253 on, values can be infinite. */
export function extremeScaleCases(dtypes: readonly DType[], denormals: boolean): ConformanceCase[] {
  if (!dtypes.includes('MXFP4')) return [];
  return [
    {
      name: 'matmul MXFP4 with the least and the largest exponents of finite values',
      async run(make) {
        const backend = await make();
        for (const exponent of [...(denormals ? [0, 1] : []), 2, 252]) {
          for (const tokens of [1, 4]) {
            await compare(backend, exponent, QUANTIZED_TOLERANCE, async (on) => {
              const blocks = randomWeights('MXFP4', 40, 160, randomNumbers(exponent));
              for (let at = 0; at < blocks.length; at += layoutOf('MXFP4').blockBytes) blocks[at] = exponent;
              const slot = on.backend.slot([{ offset: 0, bytes: blocks.length }], 1);
              await slot.fill(bytesSource(blocks));
              const weight = slot.weight('MXFP4', [40, 160], 0);
              const x = await on.input([tokens, 160]);
              // Scales the result to a range far from both limits of float32.
              const values = await on.backend.read(x);
              await on.backend.write(
                x,
                values.map((value) => value * 2 ** (100 * Math.sign(128 - exponent))),
              );
              return on.run((e) => e.matmul(weight, x));
            });
          }
        }
        await backend.dispose();
      },
    },
  ];
}

/** NVFP4's scales are 8-bit floats. Of the 256 bytes, half have a sign, some are denormal, and one is NaN in other formats. */
export function everyScaleCases(dtypes: readonly DType[]): ConformanceCase[] {
  if (!dtypes.includes('NVFP4')) return [];
  return [
    {
      name: 'matmul NVFP4 with each scale byte gives the values that the reference decodes',
      async run(make) {
        const backend = await make();
        const { blockElements: width, blockBytes } = layoutOf('NVFP4');
        const blocks = randomWeights('NVFP4', 256, width, randomNumbers(1));
        for (let row = 0; row < 256; row++) blocks.fill(row, row * blockBytes, row * blockBytes + 4);
        const expected = new Float32Array(256 * width);
        formatOf('NVFP4').dequantize(blocks, expected);
        const slot = backend.slot([{ offset: 0, bytes: blocks.length }], 1);
        await slot.fill(bytesSource(blocks));
        const weight = slot.weight('NVFP4', [256, width], 0);
        const on = bench(backend, 1);
        // Token i is 1 at place i and 0 elsewhere, so the results are the weights themselves.
        const x = await on.input([width, width]);
        const ones = new Float32Array(width * width);
        for (let i = 0; i < width; i++) ones[i * (width + 1)] = 1;
        await backend.write(x, ones);
        const result = await on.run((e) => e.matmul(weight, x));
        for (const [index, value] of result.entries()) {
          const [token, row] = [Math.floor(index / 256), index % 256];
          const right = expected[row * width + token] ?? Number.NaN;
          if (!(Math.abs(value - right) <= QUANTIZED_TOLERANCE * Math.abs(right)))
            throw new Error(`scale byte ${row}: value ${token} is ${value}, not ${right}`);
        }
        await backend.dispose();
      },
    },
  ];
}

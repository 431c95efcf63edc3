// The result of a token has the same bits for every batch size and kernel (decision 6). The conformance suite compares only
// small batches, for which no row is unpacked beforehand.
import { layoutOf, type Backend, type DType } from '@rondo/tensor';
import { bench, randomNumbers, randomWeights } from '@rondo/tensor/conformance';
import { describe, expect, it } from 'vitest';
import { cpu } from './cpu.ts';
import { supportedDtypes } from './matmul-inputs.ts';
import { weightOf } from './test-support/layers.ts';

const TOKENS = 15;

/** A function that gives the product for `count` tokens from `first` on; weight and tokens are random. */
async function productOf(backend: Backend, dtype: DType, rows: number, width: number) {
  const bytes = randomWeights(dtype, rows, width, randomNumbers(5));
  // One row has a NaN scale in its first block, and another row has the smallest scales.
  const rowBytes = bytes.length / rows;
  bytes.fill(255, rowBytes, rowBytes + layoutOf(dtype).blockBytes);
  bytes.fill(0, 2 * rowBytes, 3 * rowBytes);
  const weight = await weightOf(backend, dtype, [rows, width], bytes);
  const on = bench(backend, 6);
  const x = await on.input([TOKENS, width]);
  return (first: number, count: number) =>
    on.run((encoder) => encoder.matmul(weight, encoder.rows(x, first, count)));
}

/** Two widths; one of them is no multiple of the kernels' strides, if the type allows it. */
function widthsOf(dtype: DType): readonly number[] {
  const { blockElements } = layoutOf(dtype);
  return blockElements === 1 ? [93, 256] : blockElements === 32 ? [224, 512] : [256, 1280];
}

for (const relaxedSimd of [true, false]) {
  describe(`batches, ${relaxedSimd ? 'relaxed' : 'plain'} SIMD`, () => {
    for (const dtype of supportedDtypes) {
      it(`${dtype}: a token has the same bits in batches of 1, 2, 3, 4, 7 and 15 tokens`, async () => {
        const backend = await cpu({ threads: 2, relaxedSimd });
        for (const width of widthsOf(dtype)) {
          const product = await productOf(backend, dtype, 19, width);
          const together = await product(0, TOKENS);
          for (const count of [1, 2, 3, 4, 7]) {
            for (let first = 0; first + count <= TOKENS; first += count) {
              const expected = together.subarray(first * 19, (first + count) * 19);
              expect(await product(first, count), `${width} values, ${count} tokens`).toEqual(expected);
            }
          }
        }
        await backend.dispose();
      });
    }
  });
}

for (const dtype of ['Q4_0', 'Q4_K', 'IQ4_XS', 'Q8_0'] as const) {
  it(`${dtype}: very long rows give a token the same bits alone and in a batch`, async () => {
    const backend = await cpu({ threads: 2 });
    const product = await productOf(backend, dtype, 101, 40_960);
    const together = await product(0, TOKENS);
    for (const token of [0, 6, 14]) {
      expect(await product(token, 1)).toEqual(together.subarray(token * 101, (token + 1) * 101));
    }
    await backend.dispose();
  });
}

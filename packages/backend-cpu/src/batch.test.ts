// A token has the same bits whatever kernel its batch is large enough for (decision 6). The conformance suite compares small
// batches, for which no row is unpacked beforehand.
import { layoutOf, type Backend, type DType, type Tensor } from '@rondo/tensor';
import { randomNumbers, randomValues, randomWeights } from '@rondo/tensor/conformance';
import { describe, expect, it } from 'vitest';
import { cpu } from './cpu.ts';
import { supportedDtypes } from './matmul-inputs.ts';

const TOKENS = 15;

/** A product of random numbers, as a function of which tokens take part. */
async function productOf(backend: Backend, dtype: DType, rows: number, width: number) {
  const random = randomNumbers(5);
  const bytes = randomWeights(dtype, rows, width, random);
  // A row without a number in its first block, and one of the least scales there are.
  const rowBytes = bytes.length / rows;
  bytes.fill(255, rowBytes, rowBytes + layoutOf(dtype).blockBytes);
  bytes.fill(0, 2 * rowBytes, 3 * rowBytes);
  const slot = backend.slot([{ offset: 0, bytes: bytes.length }], 4);
  await slot.fill({
    size: bytes.length,
    alignment: 4,
    readInto: async (target, offset) => target.set(bytes.subarray(offset, offset + target.length)),
  });
  const weight = slot.weight(dtype, [rows, width], 0);
  const x = backend.tensor([TOKENS, width]);
  await backend.write(x, randomValues(TOKENS * width, random));
  return async (first: number, count: number): Promise<Float32Array> => {
    const encoder = backend.encoder();
    const result: Tensor = encoder.matmul(weight, encoder.rows(x, first, count));
    const into = backend.tensor(result.shape);
    encoder.copy(result, into);
    await backend.submit(encoder);
    const values = await backend.read(into);
    into.free();
    return values;
  };
}

/** Two widths, of which one leaves something over in the strides of the kernels where the type can. */
function widthsOf(dtype: DType): readonly number[] {
  const { blockElements } = layoutOf(dtype);
  return blockElements === 1 ? [93, 256] : blockElements === 32 ? [224, 512] : [256, 1280];
}

for (const relaxedSimd of [true, false]) {
  describe(`batches, ${relaxedSimd ? 'relaxed' : 'plain'} SIMD`, () => {
    for (const dtype of supportedDtypes) {
      it(`${dtype}: one token to four, seven and fifteen give each the same bits`, async () => {
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
  it(`${dtype}: rows too long to unpack many, or to keep two inputs in cache, give each token the same bits`, async () => {
    const backend = await cpu({ threads: 2 });
    const product = await productOf(backend, dtype, 101, 40_960);
    const together = await product(0, TOKENS);
    for (const token of [0, 6, 14]) {
      expect(await product(token, 1)).toEqual(together.subarray(token * 101, (token + 1) * 101));
    }
    await backend.dispose();
  });
}

import { readFile } from 'node:fs/promises';
import { quantFixturePath } from '@rondo/testkit';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomNumbers, randomValues } from '../conformance/random.ts';
import { layoutOf, rowBytes, type DType } from '../dtype.ts';
import { formatOf, formats } from './index.ts';

const bitsOf = (values: Float32Array) => new Uint32Array(values.buffer, values.byteOffset, values.length);

describe('random blocks decode to the bits of the reference code', () => {
  // F32 is stored as it is decoded; there is no fixture of it.
  const withFixture = [...formats.keys()].filter((dtype) => dtype !== 'F32');

  it('every fixture has a test', async () => {
    const manifest = await readFile(quantFixturePath('manifest.json'), 'utf8');
    const types = (JSON.parse(manifest) as { type: DType }[]).map(({ type }) => type);
    expect(withFixture.toSorted()).toEqual(types.toSorted());
  });

  it.each(withFixture)('%s', async (dtype) => {
    const blocks = new Uint8Array(await readFile(quantFixturePath(`${dtype}.quant`)));
    const expected = new Uint8Array(await readFile(quantFixturePath(`${dtype}.f32`)));
    const { blockElements, blockBytes } = layoutOf(dtype);
    expect(blocks.length / blockBytes).toBe(expected.length / 4 / blockElements);
    const decoded = new Float32Array(expected.length / 4);
    formatOf(dtype).dequantize(blocks, decoded);
    const wrong = bitsOf(decoded).findIndex(
      (bits, i) => bits !== new DataView(expected.buffer).getUint32(i * 4, true),
    );
    expect(wrong, `value ${wrong} is ${decoded[wrong]}`).toBe(-1);
  });
});

const row = (length: number) =>
  fc.float32Array({ minLength: length, maxLength: length, noNaN: true, min: -1000, max: 1000 });

/** Largest error of each format that encodes, as a fraction of the block's largest magnitude. */
const tolerances: Partial<Record<DType, number>> = {
  F32: 0,
  F16: 2 ** -11,
  BF16: 2 ** -8,
  // Half a step, and the rounding error of the float16 scale.
  Q8_0: 0.53 / 127,
  // A whole step for values beyond the number 15, half a step for other values.
  Q4_0: 1.01 / 8,
  Q5_0: 1.01 / 16,
  // Half a step. The 15 steps cover the range of the block, which is at most twice the largest magnitude.
  Q4_1: 1.03 / 15,
  Q5_1: 1.05 / 31,
  // One and a half steps: the search may accept larger errors at both ends of the range, and scales are rounded.
  Q4_K: 3 / 15,
  Q5_K: 3 / 31,
  Q6_K: 1.5 / 32,
  // Half the step from 4 to 6, and 1/16 for the rounding of the scale.
  NVFP4: 0.24,
  // All values get the same magnitude, which is nearly 0 if only one value is large.
  Q1_0: 1.001,
  // Half a step. A step is the largest magnitude.
  Q2_0: 0.501,
};
/**
 * By how much the absolute error of a scale is multiplied in a value. Halves below 2^-14, also as scales, have an absolute
 * error of up to 2^-25. NVFP4's scales have an absolute error of up to 2^-9.
 */
const scaleFactors: Partial<Record<DType, number>> = {
  Q4_K: 63 * 16,
  Q5_K: 63 * 32,
  Q6_K: 128 * 32,
  NVFP4: 6 * 2 ** 16,
};

/** Root-mean-square error on normally distributed values of variance 1. */
const meanErrors: Partial<Record<DType, number>> = {
  F16: 0.00022,
  BF16: 0.0017,
  Q8_0: 0.0054,
  Q4_0: 0.087,
  Q4_1: 0.079,
  Q5_0: 0.0432,
  Q5_1: 0.0383,
  Q4_K: 0.0722,
  Q5_K: 0.0366,
  Q6_K: 0.0179,
  NVFP4: 0.0952,
  // The square root of 1 - 2 / pi.
  Q1_0: 0.604,
  Q2_0: 0.723,
};

describe('encoding', () => {
  it('only these formats have an encoder', () => {
    const encoding = [...formats.values()].filter(({ quantize }) => quantize !== undefined);
    expect(encoding.map(({ dtype }) => dtype)).toEqual([
      'F32',
      'F16',
      'BF16',
      'Q8_0',
      'Q4_0',
      'Q4_1',
      'Q5_0',
      'Q5_1',
      'Q4_K',
      'Q5_K',
      'Q6_K',
      'NVFP4',
      'Q1_0',
      'Q2_0',
    ]);
  });

  it.each(Object.entries(tolerances) as [DType, number][])(
    '%s keeps its error within %f',
    (dtype, tolerance) => {
      const { dequantize, quantize } = formatOf(dtype);
      const { blockElements, blockBytes } = layoutOf(dtype);
      const blocks = new Uint8Array(2 * blockBytes);
      const decoded = new Float32Array(2 * blockElements);
      const smallestError = tolerance && (scaleFactors[dtype] ?? 127) * 2 ** -25;
      fc.assert(
        fc.property(row(blockElements), row(blockElements), (first, second) => {
          quantize?.(Float32Array.of(...first, ...second), blocks);
          dequantize(blocks, decoded);
          for (const [block, values] of [first, second].entries()) {
            const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
            for (const [i, value] of values.entries()) {
              const error = Math.abs(decoded[block * blockElements + i] - value);
              expect(error).toBeLessThanOrEqual(tolerance * largest + smallestError);
            }
          }
        }),
      );
    },
  );

  it.each(Object.entries(meanErrors) as [DType, number][])(
    '%s loses no more than %f of normally distributed values',
    (dtype, bound) => {
      const { dequantize, quantize } = formatOf(dtype);
      const values = randomValues(2 ** 15, randomNumbers(7));
      const blocks = new Uint8Array(rowBytes(dtype, values.length));
      quantize?.(values, blocks);
      const decoded = new Float32Array(values.length);
      dequantize(blocks, decoded);
      const squares = decoded.reduce((sum, value, i) => sum + (value - values[i]) ** 2, 0);
      expect(Math.sqrt(squares / values.length)).toBeLessThan(bound);
    },
  );

  it('Q8_0 rounds as the reference does: halves away from zero', () => {
    const values = new Float32Array(32);
    values.set([127, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 126.4]);
    const blocks = new Uint8Array(34);
    formatOf('Q8_0').quantize?.(values, blocks);
    expect([...blocks.subarray(0, 10)]).toEqual([0, 0x3c, 127, 1, 255, 2, 254, 3, 253, 126]);
  });

  it('Q4_0 gives the value of largest magnitude the number 0, and limits the negated value to 15', () => {
    const values = new Float32Array(32);
    values.set([-8, 8, 7, 0, 0.49, 0.5, -0.5, -0.51]);
    const blocks = new Uint8Array(18);
    formatOf('Q4_0').quantize?.(values, blocks);
    expect(Array.from(blocks.subarray(0, 10), (byte, i) => (i < 2 ? byte : byte & 0xf))).toEqual([
      0, 0x3c, 0, 15, 15, 8, 8, 9, 8, 7,
    ]);
    values[0] = 0;
    values[1] = 8;
    formatOf('Q4_0').quantize?.(values, blocks);
    expect([...blocks.subarray(0, 2), blocks[3] & 0xf]).toEqual([0, 0xbc, 0]);
  });

  // Results of llama.cpp's quantize_row_nvfp4_ref, quantize_row_q1_0_ref and quantize_row_q2_0_ref for the same values.
  it.each([
    [
      'NVFP4',
      '303030307fcb45fea956ee0266ed1267dc347fba45ffb956ee0167dd0267dc347fca56fe30303030b956ee0167ed247fdc347fca55fe9066ee9167ed237fcb457fca45fea066ed12',
    ],
    ['Q1_0', '4e3ea4a52d6d69494b5b5ad2d29696b4b4a5553e2d2d69694b4b5adad29296b6b4a5252d'],
    ['Q2_0', '404214491649924592659164912459244916404249164992459264916451245924491649'],
  ] as const)('%s encodes a ramp with ties and zeros as the reference does', (dtype, expected) => {
    const values = new Float32Array(2 * layoutOf(dtype).blockElements);
    for (const j of values.keys()) values[j] = (((j * 37) % 101) - 50) / 16;
    const blocks = new Uint8Array(rowBytes(dtype, values.length)).fill(0xff);
    formatOf(dtype).quantize?.(values, blocks);
    expect(Buffer.from(blocks).toString('hex')).toBe(expected);
  });

  it('NVFP4 scales below 2^-6 are multiples of 2^-9, and scales from 2^8 on become 448', () => {
    const scales = [0, 2 ** -11, 2 ** -10, 7.75 * 2 ** -9, 2 ** -6, 240, 255, 1e6];
    const values = new Float32Array(2 * 64);
    for (const [run, scale] of scales.entries()) values[run * 16 + 5] = -6 * scale;
    const blocks = new Uint8Array(2 * 36);
    formatOf('NVFP4').quantize?.(values, blocks);
    expect([...blocks.subarray(0, 4), ...blocks.subarray(36, 40)]).toEqual([0, 0, 1, 7, 8, 0x77, 0x7e, 0x7e]);
  });

  it('zeros stay zeros', () => {
    for (const { dtype, quantize, dequantize } of formats.values()) {
      const { blockElements, blockBytes } = layoutOf(dtype);
      const blocks = new Uint8Array(blockBytes).fill(0xff);
      if (quantize === undefined) continue;
      quantize(new Float32Array(blockElements), blocks);
      const values = new Float32Array(blockElements).fill(1);
      dequantize(blocks, values);
      expect(values.every((value) => value === 0)).toBe(true);
    }
  });

  it('BF16 rounds ties to even and keeps NaN and infinity', () => {
    const values = new Float32Array(6);
    bitsOf(values).set([0x3f80_8000, 0x3f81_8000, 0x3f80_8001, 0x7f7f_ffff, 0x7f80_0000, 0xff80_0001]);
    const blocks = new Uint8Array(12);
    formatOf('BF16').quantize?.(values, blocks);
    expect([...new Uint16Array(blocks.buffer)]).toEqual([0x3f80, 0x3f82, 0x3f81, 0x7f80, 0x7f80, 0xffc0]);
  });
});

describe('mistakes', () => {
  it('a number of values that does not match the number of bytes is refused', () => {
    const q4_0 = formatOf('Q4_0');
    for (const [bytes, values] of [
      [18, 64],
      [36, 32],
      [17, 32],
      [18, 31],
      [9, 16],
    ] as const) {
      expect(() => q4_0.dequantize(new Uint8Array(bytes), new Float32Array(values))).toThrowError(
        expect.objectContaining({ code: 'BAD_ARGUMENT' }),
      );
    }
  });

  it('the error for a type without a format names the type', () => {
    expect(() => formatOf('Q8_K')).toThrowError(
      expect.objectContaining({ code: 'UNSUPPORTED', message: expect.stringContaining('Q8_K') }),
    );
  });
});

// Q6_K: 256 values in 16 groups; 128 bytes of two 4-bit numbers, 64 bytes of four 2-bit numbers, 16 signed byte scales,
// float16 d. Value = d · scale · (q - 32). Source: ggml-common.h, block_q6_K; the search for scales: ggml-quants.c,
// quantize_row_q6_K_ref.
import { blockFormat } from './block-format.ts';
import { readHalf, writeHalf } from './half.ts';
import { nearestInteger, nearestWithin } from './nearest.ts';
import { readInt8 } from './signed-byte.ts';

const { fround } = Math;
const tenth = fround(0.1);
const groups = 16;
const groupElements = 16;

/** If all values of a group are smaller than this number, the reference encodes the group as zeros. */
const nothing = fround(1e-15);

// Buffers of one call. Encoders are synchronous, so calls cannot overlap.
const scales = new Float32Array(groups);
const numbers = new Uint8Array(groups * groupElements);

/** 6 bits, one scale for 16 values. */
export const q6_k = blockFormat('Q6_K', {
  decode(blocks, at, out, start) {
    const d = readHalf(blocks, at + 208);
    // A half has 8 groups of 16 values: 64 bytes with low bits of two values each, 32 bytes with high bits of four values each.
    for (let half = 0; half < 2; half++) {
      const low = at + half * 64;
      const high = at + 128 + half * 32;
      const values = start + half * 128;
      for (let side = 0; side < 2; side++) {
        const scales = at + 192 + half * 8 + side;
        const scale0 = d * readInt8(blocks, scales);
        const scale2 = d * readInt8(blocks, scales + 2);
        const scale4 = d * readInt8(blocks, scales + 4);
        const scale6 = d * readInt8(blocks, scales + 6);
        for (let j = side * 16; j < side * 16 + 16; j++) {
          const even = blocks[low + j];
          const odd = blocks[low + 32 + j];
          const bits = blocks[high + j];
          out[values + j] = scale0 * (((even & 0xf) | ((bits & 0x03) << 4)) - 32);
          out[values + 32 + j] = scale2 * (((odd & 0xf) | ((bits & 0x0c) << 2)) - 32);
          out[values + 64 + j] = scale4 * (((even >> 4) | (bits & 0x30)) - 32);
          out[values + 96 + j] = scale6 * (((odd >> 4) | ((bits & 0xc0) >> 2)) - 32);
        }
      }
    }
  },
  encode(values, start, blocks, at) {
    let largest = 0;
    for (let group = 0; group < groups; group++) {
      fitGroup(values, start + group * groupElements, group);
      if (Math.abs(scales[group]) > Math.abs(largest)) largest = scales[group];
    }
    blocks.fill(0, at, at + 210);
    if (Math.abs(largest) < nothing) return;
    const perScale = fround(-128 / largest);
    writeHalf(blocks, at + 208, fround(1 / perScale));
    const d = readHalf(blocks, at + 208);
    for (let group = 0; group < groups; group++) {
      const scale = Math.min(127, nearestInteger(fround(perScale * scales[group])));
      blocks[at + 192 + group] = scale;
      // With a scale of 0 the numbers have no effect, so they need not be computed again.
      if (d * scale === 0) continue;
      for (let j = group * groupElements; j < (group + 1) * groupElements; j++) {
        numbers[j] = nearestWithin(fround(values[start + j] / fround(d * scale)), -32, 31) + 32;
      }
    }
    for (let i = 0; i < 256; i++) {
      const half = i >> 7;
      blocks[at + half * 64 + (i & 63)] |= (numbers[i] & 0xf) << ((i & 64) >> 4);
      blocks[at + 128 + half * 32 + (i & 31)] |= (numbers[i] >> 4) << ((i & 96) >> 4);
    }
  },
});

/** Finds the scale and the quantized integers of a group; the values of the group begin at `start`. Squared errors are weighted by the squared values. */
function fitGroup(values: Float32Array, start: number, group: number): void {
  let largest = 0;
  for (let j = 0; j < groupElements; j++) {
    if (Math.abs(values[start + j]) > Math.abs(largest)) largest = values[start + j];
  }
  scales[group] = 0;
  numbers.fill(0, group * groupElements, (group + 1) * groupElements);
  if (Math.abs(largest) < nothing) return;
  let best = 0;
  // First 32 steps up to the largest value, then 31.1 to 32.9 steps.
  for (const tenths of [0, -9, -8, -7, -6, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6, 7, 8, 9]) {
    const perStep = fround(-fround(32 + fround(tenth * tenths)) / largest);
    let sumXQ = 0;
    let sumQQ = 0;
    for (let j = 0; j < groupElements; j++) {
      const x = values[start + j];
      const number = nearestWithin(fround(perStep * x), -32, 31);
      const weight = fround(x * x);
      sumXQ = fround(sumXQ + fround(fround(weight * x) * number));
      sumQQ = fround(sumQQ + fround(fround(weight * number) * number));
    }
    const better = tenths === 0 || (sumQQ > 0 && fround(sumXQ * sumXQ) > fround(best * sumQQ));
    if (!better) continue;
    for (let j = 0; j < groupElements; j++) {
      numbers[group * groupElements + j] = nearestWithin(fround(perStep * values[start + j]), -32, 31) + 32;
    }
    scales[group] = sumQQ > 0 ? fround(sumXQ / sumQQ) : 0;
    best = fround(scales[group] * sumXQ);
  }
}

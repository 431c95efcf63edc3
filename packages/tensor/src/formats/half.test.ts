import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { float16ToFloat32, float16ToFloat32Bits, float32ToFloat16 } from './half.ts';

/** The value of a half by the definition of IEEE 754. */
function valueOf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The float32 whose magnitude is `step` float32 steps larger than the magnitude of `value`. */
function neighbour(value: number, step: number): number {
  const floats = Float32Array.of(value);
  const bits = new Uint32Array(floats.buffer);
  bits[0] += step;
  return floats[0];
}

describe('halves', () => {
  it('every half decodes to its value, and the value encodes to the same half', () => {
    for (let half = 0; half < 0x10000; half++) {
      const value = float16ToFloat32(half);
      if (!Object.is(value, valueOf(half))) expect([half, value]).toEqual([half, valueOf(half)]);
      if (!Number.isNaN(value) && float32ToFloat16(value) !== half)
        expect(float32ToFloat16(value)).toBe(half);
    }
  });

  it('the middle between two halves becomes the even half, and a float32 beside the middle the nearer half', () => {
    for (const sign of [0, 0x8000]) {
      for (let low = 0; low < 0x7c00; low++) {
        const upper = low === 0x7bff ? 65536 : valueOf(low + 1);
        const middle = ((valueOf(low) + upper) / 2) * (sign ? -1 : 1);
        const got = [-1, 0, 1].map((step) => float32ToFloat16(neighbour(middle, step)));
        const expected = [low, low + (low & 1), low + 1].map((half) => half | sign);
        if (got.join() !== expected.join()) expect([middle, ...got]).toEqual([middle, ...expected]);
      }
    }
  });

  it('of two values, the larger value never becomes the smaller half', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true }), fc.float({ noNaN: true }), (a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        expect(valueOf(float32ToFloat16(low))).toBeLessThanOrEqual(valueOf(float32ToFloat16(high)));
      }),
    );
  });

  it('NaN stays NaN in both directions, and a half NaN keeps its payload as float32', () => {
    expect(float32ToFloat16(NaN) & 0x7fff).toBeGreaterThan(0x7c00);
    expect(float16ToFloat32Bits(0x7e01)).toBe(0x7fc0_2000);
    expect(float16ToFloat32Bits(0xfc00)).toBe(0xff80_0000);
  });
});

// Reproducible inputs: random numbers from a seed, and random weights of any data type.
import { layoutOf, rowBytes, type DType } from '../dtype.ts';
import { halfOffsets } from '../half-offsets.ts';

/** A generator of numbers from 0 up to 1: mulberry32, by Tommy Ettinger (public domain). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Normally distributed values (Box & Muller 1958). */
export function randomValues(count: number, random: () => number): Float32Array {
  return Float32Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
}

/** Rows of random blocks with scales near 1/64; the integers of a block can have any bit pattern. */
export function randomWeights(dtype: DType, rows: number, width: number, random: () => number): Uint8Array {
  const bytes = new Uint8Array(rowBytes(dtype, width) * rows);
  if (dtype === 'F32') return new Uint8Array(randomValues(rows * width, random).buffer);
  for (let i = 0; i < bytes.length; i++) bytes[i] = random() * 256;
  const { blockBytes } = layoutOf(dtype);
  // F16 and BF16 get an exponent near 0: F16 0x2800..0x3fff is 2^-5 to 2, and BF16 has a similar range.
  const patch = (offset: number, high: number) => {
    bytes[offset + 1] = (random() < 0.5 ? 0x80 : 0) | high;
  };
  if (dtype === 'F16') for (let i = 0; i < bytes.length; i += 2) patch(i, 0x28 + random() * 0x18);
  else if (dtype === 'BF16') for (let i = 0; i < bytes.length; i += 2) patch(i, 0x3d + random() * 3);
  else {
    for (let block = 0; block < bytes.length; block += blockBytes) {
      for (const offset of halfOffsets[dtype] ?? []) patch(block + offset, 0x24);
      // The scale is a power of two, stored as its exponent: 2^-8 to 2^-5.
      if (dtype === 'MXFP4') bytes[block] = 119 + random() * 4;
      // Four scales with three bits of mantissa each: 2^-7 to 2^-4, or denormal and smaller.
      if (dtype === 'NVFP4') for (let run = 0; run < 4; run++) bytes[block + run] = 1 + random() * 31;
      // The scale is the half 0x24.. too. Its highest bits are in the high 4 bits of two bytes.
      if (dtype === 'IQ1_M') {
        bytes[block + 55] = 0x20 | ((bytes[block + 55] ?? 0) & 0xf);
        bytes[block + 53] = 0x40 | ((bytes[block + 53] ?? 0) & 0xf);
      }
    }
  }
  return bytes;
}

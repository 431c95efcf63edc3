// Reproducible random numbers. Not for secrets.
// Source: xoshiro128** by Blackman and Vigna 2018 (arXiv 1805.01407), seeded by splitmix32 as they recommend.

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function splitMix32(state: number): () => number {
  let current = state | 0;
  return () => {
    current = (current + 0x9e3779b9) | 0;
    let mixed = current;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
}

/**
 * A generator of numbers from 0 (included) to 1 (excluded), evenly spread over 2^32 values.
 *
 * @param seed any safe integer: the same seed gives the same numbers on every machine
 */
export function createRandom(seed: number): () => number {
  // Seeds that differ only above the lowest 32 bits, or only in sign, also give different numbers.
  const next = splitMix32(splitMix32(seed)() ^ Math.floor(seed / 0x1_0000_0000));
  let a = next();
  let b = next();
  let c = next();
  let d = next();
  return () => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return result / 0x1_0000_0000;
  };
}

// TQ1_0: 256 ternary values; 48 bytes of five trits, 4 bytes of four trits, float16 scale d. Value = d · (trit - 1). The trits
// of a byte are the digits of a fraction in base 3. The byte is this fraction times 256, rounded up. Source: ggml-common.h,
// block_tq1_0.
import { blockFormat } from './block-format.ts';
import { readHalf } from './half.ts';

/** Runs of bytes. The values of a run are the first trits of all of its bytes, then the second trits, and so on. */
const runs = [
  { offset: 0, bytes: 32, trits: 5 },
  { offset: 32, bytes: 16, trits: 5 },
  { offset: 48, bytes: 4, trits: 4 },
];

/** 1.6875 bits, one scale for 256 values. */
export const tq1_0 = blockFormat('TQ1_0', {
  decode(blocks, at, out, start) {
    const d = readHalf(blocks, at + 52);
    let next = start;
    for (const { offset, bytes, trits } of runs) {
      for (let trit = 0; trit < trits; trit++) {
        for (let j = 0; j < bytes; j++) {
          // The multiplication removes the earlier trits from the fraction. The next trit is the integer part of 3 · fraction.
          const fraction = (blocks[at + offset + j] * 3 ** trit) & 0xff;
          out[next++] = d * (((fraction * 3) >> 8) - 1);
        }
      }
    }
  },
});

// F16: IEEE 754 binary16, little-endian.
import { blockFormat } from './block-format.ts';
import { readHalf, writeHalf } from './half.ts';

/** Half precision; encoding rounds to nearest, ties to even. */
export const f16 = blockFormat('F16', {
  decode(blocks, at, out, start) {
    out[start] = readHalf(blocks, at);
  },
  encode(values, start, blocks, at) {
    writeHalf(blocks, at, values[start]);
  },
});

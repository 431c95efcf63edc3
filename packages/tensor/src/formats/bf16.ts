// BF16: the upper half of a float32, little-endian.
import { blockFormat } from './block-format.ts';

const floats = new Float32Array(1);
const bits = new Uint32Array(floats.buffer);

/** Brain floats; encoding rounds to nearest, ties to even. */
export const bf16 = blockFormat('BF16', {
  decode(blocks, at, out, start) {
    bits[0] = (blocks[at] << 16) | (blocks[at + 1] << 24);
    out[start] = floats[0];
  },
  encode(values, start, blocks, at) {
    floats[0] = values[start];
    const isNaN = (bits[0] & 0x7fff_ffff) > 0x7f80_0000;
    const odd = (bits[0] >>> 16) & 1;
    // Rounding could carry a NaN over into infinity; a quiet NaN of the same sign is kept instead.
    const upper = isNaN ? (bits[0] >>> 16) | 0x40 : (bits[0] + 0x7fff + odd) >>> 16;
    blocks[at] = upper & 0xff;
    blocks[at + 1] = upper >> 8;
  },
});

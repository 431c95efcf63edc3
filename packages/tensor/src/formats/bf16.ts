// BF16: the upper half of a float32, little-endian.
import { runFormat } from './block-format.ts';

/** Brain floats; encoding rounds to nearest, ties to even. */
export const bf16 = runFormat('BF16', {
  decode(blocks, out) {
    const bits = bitsOf(out);
    for (let i = 0; i < bits.length; i++) bits[i] = (blocks[i * 2] << 16) | (blocks[i * 2 + 1] << 24);
  },
  encode(values, blocks) {
    const bits = bitsOf(values);
    for (let i = 0; i < bits.length; i++) {
      const all = bits[i];
      const isNaN = (all & 0x7fff_ffff) > 0x7f80_0000;
      const odd = (all >>> 16) & 1;
      // Rounding could turn a NaN into infinity. The result is a quiet NaN of the same sign instead.
      const upper = isNaN ? (all >>> 16) | 0x40 : (all + 0x7fff + odd) >>> 16;
      blocks[i * 2] = upper & 0xff;
      blocks[i * 2 + 1] = upper >> 8;
    }
  },
});

function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

// F32: little-endian float32.
import { blockFormat } from './block-format.ts';

const floats = new Float32Array(1);
const bytes = new Uint8Array(floats.buffer);

/** Values as they are. */
export const f32 = blockFormat('F32', {
  decode(blocks, at, out, start) {
    for (let i = 0; i < 4; i++) bytes[i] = blocks[at + i];
    out[start] = floats[0];
  },
  encode(values, start, blocks, at) {
    floats[0] = values[start];
    blocks.set(bytes, at);
  },
});

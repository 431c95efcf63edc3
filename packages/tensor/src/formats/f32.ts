// F32: little-endian float32, the byte order of all platforms that run JavaScript.
import { runFormat } from './block-format.ts';

/** Values as they are. */
export const f32 = runFormat('F32', {
  decode: (blocks, out) => bytesOf(out).set(blocks),
  encode: (values, blocks) => blocks.set(bytesOf(values)),
});

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

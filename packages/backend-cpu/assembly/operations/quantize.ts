// Turns rows of float32 activations into the inputs of the integer dot products; see INPUT_* in the protocol.
import { INPUT_Q8_32_WIDE, INPUT_Q8_256, INPUT_Q8_32 } from '../../src/protocol';
import { sumI32 } from '../simd';
import { parameter, takeChunk } from '../threads';

/** Values a thread takes at once: a multiple of every block. */
const CHUNK: u32 = 512;

/** Parameters: x, out, rows, width, outStride, kind. */
export function quantize(command: usize): void {
  const x = parameter(command, 0);
  const out = parameter(command, 1);
  const rows = parameter(command, 2);
  const width = parameter(command, 3);
  const outStride = parameter(command, 4);
  const kind = parameter(command, 5);
  const chunks = (width + CHUNK - 1) / CHUNK;
  for (let unit = takeChunk(command, 1); unit < rows * chunks; unit = takeChunk(command, 1)) {
    const row = unit / chunks;
    const start = (unit % chunks) * CHUNK;
    const end = min(start + CHUNK, width);
    const from = x + row * width * 4;
    const to = out + row * outStride;
    if (kind == INPUT_Q8_32) quantizeQ8x32(from, to, start, end, width);
    else if (kind == INPUT_Q8_32_WIDE) quantizeWide(from, to, start, end, width);
    else if (kind == INPUT_Q8_256) quantizeQ8x256(from, to, start, end, width);
    else unreachable();
  }
}

/** The largest magnitude among `count` values, a multiple of 4. */
export function largest(x: usize, count: u32): f32 {
  let maxima = f32x4.splat(0);
  for (let i: u32 = 0; i < count * 4; i += 16) maxima = f32x4.max(maxima, f32x4.abs(v128.load(x + i)));
  const pairs = f32x4.max(maxima, v128.shuffle<i32>(maxima, maxima, 2, 3, 0, 1));
  return max(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
}

/** Four values, scaled and rounded to the nearest integer. */
// @ts-ignore: decorator
@inline
function round4(x: usize, inverse: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(x), inverse)));
}

/** 16 values to 16 signed bytes. */
// @ts-ignore: decorator
@inline
export function round16(x: usize, inverse: v128): v128 {
  const low = i16x8.narrow_i32x4_s(round4(x, inverse), round4(x + 16, inverse));
  const high = i16x8.narrow_i32x4_s(round4(x + 32, inverse), round4(x + 48, inverse));
  return i8x16.narrow_i16x8_s(low, high);
}

/** Sum of 16 signed bytes. */
// @ts-ignore: decorator
@inline
function sum16(bytes: v128): i32 {
  return sumI32(i32x4.extadd_pairwise_i16x8_s(i16x8.extadd_pairwise_i8x16_s(bytes)));
}

function quantizeQ8x32(x: usize, out: usize, start: u32, end: u32, width: u32): void {
  const scales = out + width;
  const sums = scales + (width >> 5) * 4;
  for (let i = start; i < end; i += 32) {
    const from = x + i * 4;
    const maximum = largest(from, 32);
    const inverse = f32x4.splat(maximum > 0 ? 127 / maximum : 0);
    const low = round16(from, inverse);
    const high = round16(from + 64, inverse);
    v128.store(out + i, low);
    v128.store(out + i, high, 16);
    store<f32>(scales + (i >> 5) * 4, maximum / 127);
    store<i32>(sums + (i >> 5) * 4, sum16(low) + sum16(high));
  }
}

function quantizeWide(x: usize, out: usize, start: u32, end: u32, width: u32): void {
  const scales = out + width * 2;
  for (let i = start; i < end; i += 32) {
    const from = x + i * 4;
    const maximum = largest(from, 32);
    const inverse = f32x4.splat(maximum > 0 ? 127 / maximum : 0);
    for (let j: usize = 0; j < 128; j += 32) {
      const values = i16x8.narrow_i32x4_s(round4(from + j, inverse), round4(from + j + 16, inverse));
      v128.store(out + i * 2 + (j >> 1), values);
    }
    store<f32>(scales + (i >> 5) * 4, maximum / 127);
  }
}

function quantizeQ8x256(x: usize, out: usize, start: u32, end: u32, width: u32): void {
  const scales = out + width;
  const sums = scales + (width >> 8) * 4;
  for (let i = start; i < end; i += 256) {
    const maximum = largest(x + i * 4, 256);
    const inverse = f32x4.splat(maximum > 0 ? 127 / maximum : 0);
    for (let j = i; j < i + 256; j += 16) {
      const bytes = round16(x + j * 4, inverse);
      v128.store(out + j, bytes);
      store<i16>(sums + (j >> 4) * 2, <i16>sum16(bytes));
    }
    store<f32>(scales + (i >> 8) * 4, maximum / 127);
  }
}

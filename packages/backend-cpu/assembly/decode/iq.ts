// Decodes rows of the IQ1, IQ2 and IQ3 types to float32: patterns of a grid by their number, with signs or a shift. Exact,
// not fast. `formats/iq*.ts` in @rondo/tensor describes the layouts; source: ggml-common.h.
import { IQ1_S, IQ2_S, IQ2_XS, IQ2_XXS, IQ3_S, IQ3_XXS } from '../generated/iq-grids';
import { halfAt, halfFromBits } from '../simd';

/** Decodes a row of n values, a multiple of 256, at w to `to`. `dtype` is the type's GGML number. */
export function decodeIQ(dtype: u32, w: usize, to: usize, n: u32): void {
  for (; n > 0; n -= 256, to += 1024) {
    switch (dtype) {
      case 16: decodeIQ2_XXS(w, to); w += 66; break;
      case 17: decodeIQ2_XS(w, to); w += 74; break;
      case 18: decodeIQ3_XXS(w, to); w += 98; break;
      case 19: decodeIQ1_S(w, to); w += 50; break;
      case 21: decodeIQ3_S(w, to); w += 110; break;
      case 22: decodeIQ2_S(w, to); w += 82; break;
      case 29: decodeIQ1_M(w, to); w += 56; break;
      default: unreachable();
    }
  }
}

/** The signs, a bit each, of 8 values of which the number of negative ones is even. */
// @ts-ignore: decorator
@inline
function evenSigns(lowBits: u32): u32 {
  return lowBits | ((popcnt(lowBits) & 1) << 7);
}

/** Writes `scale` times `count` magnitudes; a value is negative if its bit of `signs` is set. */
function writeSigned(to: usize, scale: f32, magnitudes: usize, count: u32, signs: u32): void {
  for (let j: u32 = 0; j < count; j++) {
    const magnitude = <i32>load<i8>(magnitudes + j);
    store<f32>(to + j * 4, scale * <f32>((signs >> j) & 1 ? -magnitude : magnitude));
  }
}

/** Writes `scale` times 8 trits with a shift. */
function writeShifted(to: usize, scale: f32, trits: usize, shift: f32): void {
  for (let j: u32 = 0; j < 8; j++) store<f32>(to + j * 4, scale * (<f32>load<i8>(trits + j) + shift));
}

function decodeIQ2_XXS(w: usize, to: usize): void {
  const d = halfAt(w);
  for (let group: usize = 0; group < 8; group++) {
    const numbers = w + 2 + group * 8;
    const bits = load<u32>(numbers + 4);
    const scale = d * (<f32>(bits >> 28) + 0.5) * 0.25;
    for (let k: usize = 0; k < 4; k++) {
      const pattern = IQ2_XXS + <usize>load<u8>(numbers + k) * 8;
      writeSigned(to + group * 128 + k * 32, scale, pattern, 8, evenSigns((bits >> (7 * <u32>k)) & 0x7f));
    }
  }
}

function decodeIQ2_XS(w: usize, to: usize): void {
  const d = halfAt(w);
  for (let k: usize = 0; k < 32; k++) {
    const scale = (load<u8>(w + 66 + (k >> 2)) >> ((<u8>k & 2) * 2)) & 0xf;
    const bits = <u32>load<u16>(w + 2 + k * 2);
    writeSigned(to + k * 32, d * (<f32>scale + 0.5) * 0.25, IQ2_XS + (bits & 0x1ff) * 8, 8, evenSigns(bits >> 9));
  }
}

function decodeIQ2_S(w: usize, to: usize): void {
  const d = halfAt(w);
  for (let k: usize = 0; k < 32; k++) {
    const scale = (load<u8>(w + 74 + (k >> 2)) >> ((<u8>k & 2) * 2)) & 0xf;
    const high = (<usize>load<u8>(w + 66 + (k >> 2)) >> ((k & 3) * 2)) & 3;
    const pattern = <usize>load<u8>(w + 2 + k) | (high << 8);
    writeSigned(to + k * 32, d * (<f32>scale + 0.5) * 0.25, IQ2_S + pattern * 8, 8, load<u8>(w + 34 + k));
  }
}

function decodeIQ3_XXS(w: usize, to: usize): void {
  const d = halfAt(w);
  for (let group: usize = 0; group < 8; group++) {
    const bits = load<u32>(w + 66 + group * 4);
    const scale = d * (<f32>(bits >> 28) + 0.5) * 0.5;
    for (let k: usize = 0; k < 8; k++) {
      const signs = evenSigns((bits >> (7 * (<u32>k >> 1))) & 0x7f) >> ((<u32>k & 1) * 4);
      const pattern = IQ3_XXS + <usize>load<u8>(w + 2 + group * 8 + k) * 4;
      writeSigned(to + group * 128 + k * 16, scale, pattern, 4, signs);
    }
  }
}

function decodeIQ3_S(w: usize, to: usize): void {
  const d = halfAt(w);
  for (let k: usize = 0; k < 64; k++) {
    const scale = (load<u8>(w + 106 + (k >> 4)) >> ((<u8>k & 8) >> 1)) & 0xf;
    const high = (<usize>load<u8>(w + 66 + (k >> 3)) >> (k & 7)) & 1;
    const pattern = <usize>load<u8>(w + 2 + k) | (high << 8);
    const signs = <u32>load<u8>(w + 74 + (k >> 1)) >> ((<u32>k & 1) * 4);
    writeSigned(to + k * 16, d * <f32>(scale * 2 + 1), IQ3_S + pattern * 4, 4, signs);
  }
}

function decodeIQ1_S(w: usize, to: usize): void {
  const d = halfAt(w);
  for (let k: usize = 0; k < 32; k++) {
    const bits = <usize>load<u16>(w + 34 + (k >> 2) * 2);
    const scale = d * <f32>(((bits >> 12) & 7) * 2 + 1);
    const pattern = <usize>load<u8>(w + 2 + k) | (((bits >> (3 * (k & 3))) & 7) << 8);
    writeShifted(to + k * 32, scale, IQ1_S + pattern * 8, bits & 0x8000 ? -0.125 : 0.125);
  }
}

function decodeIQ1_M(w: usize, to: usize): void {
  let half: u32 = 0;
  for (let i: u32 = 0; i < 4; i++) half |= (<u32>load<u8>(w + 49 + i * 2) >> 4) << (i * 4);
  const d = halfFromBits(half);
  for (let k: usize = 0; k < 32; k++) {
    const scaleBits = <usize>load<u16>(w + 48 + (k >> 3) * 2) >> (3 * ((k >> 1) & 3));
    const bits = <usize>load<u8>(w + 32 + (k >> 1)) >> ((k & 1) * 4);
    const pattern = <usize>load<u8>(w + k) | ((bits & 7) << 8);
    writeShifted(to + k * 32, d * <f32>((scaleBits & 7) * 2 + 1), IQ1_S + pattern * 8, bits & 8 ? -0.125 : 0.125);
  }
}

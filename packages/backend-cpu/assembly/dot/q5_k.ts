// Q5_K: blocks of d, dMin, scales and minima (see k-scales.ts), then 32 bytes of fifth bits and four times 32 bytes of the
// low four: the low halves are 32 values, the high halves the 32 after them. Bit i of a fifth byte belongs to run i of 32.
import { halfPairAt, highNibbles, lowNibbles } from '../simd';
import { fourTwice } from './k-scales';

const SIXTEENS = memory.data<u32>([0x10101010]);

/** The format, for blocks256.ts. */
// @ts-ignore: decorator
@unmanaged
export class Q5_K {
  @inline bytes(): usize { return 176; }
  @inline scaledBy32(): bool { return true; }
  @inline values(w: usize, group: i32): v128 {
    const bytes = v128.load(w + 48 + (group >> 2) * 32 + (group & 1) * 16);
    const fifths = v128.load(w + 16 + (group & 1) * 16);
    const bit = group >> 1;
    const inPlace = bit < 4 ? i16x8.shl(fifths, 4 - bit) : i16x8.shr_u(fifths, bit - 4);
    return v128.or(group & 2 ? highNibbles(bytes) : lowNibbles(bytes), v128.and(inPlace, v128.load32_splat(SIXTEENS)));
  }
  @inline lowScales(w: usize): v128 { return fourTwice(w, 0); }
  @inline highScales(w: usize): v128 { return fourTwice(w, 4); }
  @inline lowMinima(w: usize): v128 { return fourTwice(w, 8); }
  @inline highMinima(w: usize): v128 { return fourTwice(w, 12); }
  @inline factors(w: usize): v128 { return halfPairAt(w); }
}

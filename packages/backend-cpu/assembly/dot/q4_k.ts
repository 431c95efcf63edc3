// Q4_K: blocks of d, dMin, scales and minima (see k-scales.ts), then four times 32 bytes of four-bit values: the low halves
// are 32 values, the high halves the 32 after them.
import { halfPairAt, highNibbles, lowNibbles } from '../simd';
import { fourTwice } from './k-scales';

/** The format, for blocks256.ts. */
// @ts-ignore: decorator
@unmanaged
export class Q4_K {
  @inline bytes(): usize { return 144; }
  @inline scaledBy32(): bool { return true; }
  @inline values(w: usize, group: i32): v128 {
    const bytes = v128.load(w + 16 + (group >> 2) * 32 + (group & 1) * 16);
    return group & 2 ? highNibbles(bytes) : lowNibbles(bytes);
  }
  @inline lowScales(w: usize): v128 { return fourTwice(w, 0); }
  @inline highScales(w: usize): v128 { return fourTwice(w, 4); }
  @inline lowMinima(w: usize): v128 { return fourTwice(w, 8); }
  @inline highMinima(w: usize): v128 { return fourTwice(w, 12); }
  @inline factors(w: usize): v128 { return halfPairAt(w); }
}

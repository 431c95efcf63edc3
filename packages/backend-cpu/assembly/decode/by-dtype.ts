// Decodes rows of the types without their own dot product to float32, by the type's GGML number.
import { decodeIQ } from './iq';
import { decodeNVFP4 } from './nvfp4';
import { decodeQ1_0 } from './q1_0';
import { decodeQ2_0 } from './q2_0';

/** Decodes a row of n values, whole blocks, at w to `to`. */
export function decodeRow(dtype: u32, w: usize, to: usize, n: u32): void {
  switch (dtype) {
    case 40: decodeNVFP4(w, to, n); break;
    case 41: decodeQ1_0(w, to, n); break;
    case 42: decodeQ2_0(w, to, n); break;
    default: decodeIQ(dtype, w, to, n);
  }
}

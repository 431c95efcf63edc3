// Which dot product a data type has, by its GGML number. Some types multiply four columns with the row as it is; the others,
// which take longer to unpack, have `unpack` and `dotUnpacked4` instead.
import { BF16, dotFloat, dotFloat4, F16 } from './float';
import { dotBlocks256, dotUnpacked256x4, unpackBlocks256 } from './blocks256';
import { dotBlocks32, dotUnpacked32x4, unpackBlocks32 } from './blocks32';
import { dotUnpackedLevelsx4 } from './levels';
import { dotIQ4_NL, unpackIQ4_NL } from './iq4_nl';
import { dotIQ4_XS, unpackIQ4_XS } from './iq4_xs';
import { MXFP4 } from './mxfp4';
import { Q2_K } from './q2_k';
import { Q3_K } from './q3_k';
import { Q4_0 } from './q4_0';
import { Q4_1 } from './q4_1';
import { Q4_K } from './q4_k';
import { Q5_0 } from './q5_0';
import { Q5_1 } from './q5_1';
import { Q5_K } from './q5_k';
import { Q6_K } from './q6_k';
import { dotQ8_0, dotQ8_0x4 } from './q8_0';
import { TQ1_0 } from './tq1_0';
import { TQ2_0 } from './tq2_0';

/** Row w · column x over n values. */
// @ts-ignore: decorator
@inline
export function dot(dtype: u32, w: usize, x: usize, n: u32): f32 {
  switch (dtype) {
    case 0: return dotFloat<f32>(w, x, n);
    case 1: return dotFloat<F16>(w, x, n);
    case 2: return dotBlocks32<Q4_0>(w, x, n);
    case 3: return dotBlocks32<Q4_1>(w, x, n);
    case 6: return dotBlocks32<Q5_0>(w, x, n);
    case 7: return dotBlocks32<Q5_1>(w, x, n);
    case 8: return dotQ8_0(w, x, n);
    case 10: return dotBlocks256<Q2_K>(w, x, n);
    case 11: return dotBlocks256<Q3_K>(w, x, n);
    case 12: return dotBlocks256<Q4_K>(w, x, n);
    case 13: return dotBlocks256<Q5_K>(w, x, n);
    case 14: return dotBlocks256<Q6_K>(w, x, n);
    case 20: return dotIQ4_NL(w, x, n);
    case 23: return dotIQ4_XS(w, x, n);
    case 30: return dotFloat<BF16>(w, x, n);
    case 34: return dotBlocks256<TQ1_0>(w, x, n);
    case 35: return dotBlocks256<TQ2_0>(w, x, n);
    case 39: return dotBlocks32<MXFP4>(w, x, n);
    default: unreachable();
  }
  return 0;
}

/** Row w with four columns `stride` bytes apart; results go `outStride` bytes apart. */
// @ts-ignore: decorator
@inline
export function dot4(dtype: u32, w: usize, x: usize, n: u32, stride: usize, out: usize, outStride: usize): void {
  switch (dtype) {
    case 0: dotFloat4<f32>(w, x, n, stride, out, outStride); break;
    case 1: dotFloat4<F16>(w, x, n, stride, out, outStride); break;
    case 8: dotQ8_0x4(w, x, n, stride, out, outStride); break;
    case 30: dotFloat4<BF16>(w, x, n, stride, out, outStride); break;
    default: unreachable();
  }
}

/** Unpacks row w of n values to `to`. */
// @ts-ignore: decorator
@inline
export function unpack(dtype: u32, w: usize, to: usize, n: u32): void {
  switch (dtype) {
    case 2: unpackBlocks32<Q4_0>(w, to, n); break;
    case 3: unpackBlocks32<Q4_1>(w, to, n); break;
    case 6: unpackBlocks32<Q5_0>(w, to, n); break;
    case 7: unpackBlocks32<Q5_1>(w, to, n); break;
    case 10: unpackBlocks256<Q2_K>(w, to, n); break;
    case 11: unpackBlocks256<Q3_K>(w, to, n); break;
    case 12: unpackBlocks256<Q4_K>(w, to, n); break;
    case 13: unpackBlocks256<Q5_K>(w, to, n); break;
    case 14: unpackBlocks256<Q6_K>(w, to, n); break;
    case 20: unpackIQ4_NL(w, to, n); break;
    case 23: unpackIQ4_XS(w, to, n); break;
    case 34: unpackBlocks256<TQ1_0>(w, to, n); break;
    case 35: unpackBlocks256<TQ2_0>(w, to, n); break;
    case 39: unpackBlocks32<MXFP4>(w, to, n); break;
    default: unreachable();
  }
}

/** What `unpack` made of a row, with four columns as in `dot4`. */
// @ts-ignore: decorator
@inline
export function dotUnpacked4(dtype: u32, w: usize, x: usize, n: u32, stride: usize, out: usize, outStride: usize): void {
  switch (dtype) {
    case 2: dotUnpacked32x4<Q4_0>(w, x, n, stride, out, outStride); break;
    case 3: dotUnpacked32x4<Q4_1>(w, x, n, stride, out, outStride); break;
    case 6: dotUnpacked32x4<Q5_0>(w, x, n, stride, out, outStride); break;
    case 7: dotUnpacked32x4<Q5_1>(w, x, n, stride, out, outStride); break;
    case 39: dotUnpacked32x4<MXFP4>(w, x, n, stride, out, outStride); break;
    case 20:
    case 23: dotUnpackedLevelsx4(w, x, n, stride, out, outStride); break;
    default: dotUnpacked256x4(w, x, n, stride, out, outStride);
  }
}

// The dot product of each data type, by the type's GGML number. Types with slow unpacking also have `unpack` and
// `dotUnpacked4`, for many columns.
import { BF16, dotFloats, F16 } from './float';
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
import { dotQ8_0 } from './q8_0';
import { TQ1_0 } from './tq1_0';
import { TQ2_0 } from './tq2_0';

/** Row w with C columns `stride` bytes apart; results go `outStride` bytes apart. */
// @ts-ignore: decorator
@inline
export function dot<C>(dtype: u32, w: usize, x: usize, n: u32, stride: usize, out: usize, outStride: usize): void {
  switch (dtype) {
    case 0: dotFloats<f32, C>(w, x, n, stride, out, outStride); break;
    case 1: dotFloats<F16, C>(w, x, n, stride, out, outStride); break;
    case 2: dotBlocks32<Q4_0, C>(w, x, n, stride, out, outStride); break;
    case 3: dotBlocks32<Q4_1, C>(w, x, n, stride, out, outStride); break;
    case 6: dotBlocks32<Q5_0, C>(w, x, n, stride, out, outStride); break;
    case 7: dotBlocks32<Q5_1, C>(w, x, n, stride, out, outStride); break;
    case 8: dotQ8_0<C>(w, x, n, stride, out, outStride); break;
    case 10: dotBlocks256<Q2_K, C>(w, x, n, stride, out, outStride); break;
    case 11: dotBlocks256<Q3_K, C>(w, x, n, stride, out, outStride); break;
    case 12: dotBlocks256<Q4_K, C>(w, x, n, stride, out, outStride); break;
    case 13: dotBlocks256<Q5_K, C>(w, x, n, stride, out, outStride); break;
    case 14: dotBlocks256<Q6_K, C>(w, x, n, stride, out, outStride); break;
    case 20: dotIQ4_NL<C>(w, x, n, stride, out, outStride); break;
    case 23: dotIQ4_XS<C>(w, x, n, stride, out, outStride); break;
    case 30: dotFloats<BF16, C>(w, x, n, stride, out, outStride); break;
    case 34: dotBlocks256<TQ1_0, C>(w, x, n, stride, out, outStride); break;
    case 35: dotBlocks256<TQ2_0, C>(w, x, n, stride, out, outStride); break;
    case 39: dotBlocks32<MXFP4, C>(w, x, n, stride, out, outStride); break;
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

/** A row in the form of `unpack`, with four columns as in `dot`. */
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

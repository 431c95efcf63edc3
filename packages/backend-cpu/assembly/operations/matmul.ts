// Matrix products: which rows a thread takes, and which dot product a data type has. The weights are the raw blocks of
// the file.
import { dotFloat, dotFloat4, BF16, F16 } from '../dot/float';
import { dotQ4_0, dotQ4_0x4 } from '../dot/q4_0';
import { dotQ6_K, dotQ6_Kx4 } from '../dot/q6_k';
import { dotQ8_0, dotQ8_0x4 } from '../dot/q8_0';
import { parameter, takeChunk } from '../threads';

/**
 * Parameters: dtype (its GGML number), weight, rowBytes, outWidth, inWidth, x, xStride, tokens, out, chunk.
 * A thread takes `chunk` rows of the weight at a time and, with them in its cache, goes over the tokens in fours.
 */
export function matmul(command: usize): void {
  const dtype = parameter(command, 0);
  const weight = parameter(command, 1);
  const rowBytes = parameter(command, 2);
  const outWidth = parameter(command, 3);
  const inWidth = parameter(command, 4);
  const x = parameter(command, 5);
  const xStride = parameter(command, 6);
  const tokens = parameter(command, 7);
  const out = parameter(command, 8);
  const chunk = parameter(command, 9);
  const outStride = outWidth * 4;
  for (let first = takeChunk(command, chunk); first < outWidth; first = takeChunk(command, chunk)) {
    const end = min(first + chunk, outWidth);
    let token: u32 = 0;
    for (; token + 4 <= tokens; token += 4) {
      for (let row = first; row < end; row++) {
        dot4(dtype, weight + row * rowBytes, x + token * xStride, inWidth, xStride, out + token * outStride + row * 4, outStride);
      }
    }
    for (; token < tokens; token++) {
      for (let row = first; row < end; row++) {
        const result = dot(dtype, weight + row * rowBytes, x + token * xStride, inWidth);
        store<f32>(out + token * outStride + row * 4, result);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function dot(dtype: u32, w: usize, x: usize, n: u32): f32 {
  switch (dtype) {
    case 0: return dotFloat<f32>(w, x, n);
    case 1: return dotFloat<F16>(w, x, n);
    case 2: return dotQ4_0(w, x, n);
    case 8: return dotQ8_0(w, x, n);
    case 14: return dotQ6_K(w, x, n);
    case 30: return dotFloat<BF16>(w, x, n);
    default: unreachable();
  }
  return 0;
}

// @ts-ignore: decorator
@inline
function dot4(dtype: u32, w: usize, x: usize, n: u32, stride: usize, out: usize, outStride: usize): void {
  switch (dtype) {
    case 0: dotFloat4<f32>(w, x, n, stride, out, outStride); break;
    case 1: dotFloat4<F16>(w, x, n, stride, out, outStride); break;
    case 2: dotQ4_0x4(w, x, n, stride, out, outStride); break;
    case 8: dotQ8_0x4(w, x, n, stride, out, outStride); break;
    case 14: dotQ6_Kx4(w, x, n, stride, out, outStride); break;
    case 30: dotFloat4<BF16>(w, x, n, stride, out, outStride); break;
    default: unreachable();
  }
}

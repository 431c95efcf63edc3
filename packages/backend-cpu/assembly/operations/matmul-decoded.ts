// Matrix products with weights that lack their own dot product: rows are decoded to float32 first, one row at a time.
import { decodeRow } from '../decode/by-dtype';
import { Four, One, Three, Two } from '../dot/columns';
import { dotFloats } from '../dot/float';
import { parameter, takeChunk } from '../threads';

/** Parameters: those of `matmul`; each thread decodes one row at a time, to its own part of `unpacked`. */
export function matmulDecoded(command: usize, thread: u32): void {
  const dtype = parameter(command, 0);
  const weight = parameter(command, 1);
  const rowBytes = parameter(command, 2);
  const rows = parameter(command, 3);
  const inWidth = parameter(command, 4);
  const x = parameter(command, 5);
  const xStride = parameter(command, 6);
  const tokens = parameter(command, 7);
  const out = parameter(command, 8);
  const outStride = parameter(command, 9);
  const chunk = parameter(command, 10);
  const own = parameter(command, 11) + thread * parameter(command, 12);
  for (let first = takeChunk(command, chunk); first < rows; first = takeChunk(command, chunk)) {
    const end = min(first + chunk, rows);
    for (let row = first; row < end; row++) {
      decodeRow(dtype, weight + row * rowBytes, own, inWidth);
      let from = x, to = out + row * 4, left = tokens;
      for (; left >= 4; left -= 4) {
        dotFloats<f32, Four>(own, from, inWidth, xStride, to, outStride);
        from += 4 * xStride;
        to += 4 * outStride;
      }
      if (left == 3) dotFloats<f32, Three>(own, from, inWidth, xStride, to, outStride);
      else if (left == 2) dotFloats<f32, Two>(own, from, inWidth, xStride, to, outStride);
      else if (left == 1) dotFloats<f32, One>(own, from, inWidth, xStride, to, outStride);
    }
  }
}

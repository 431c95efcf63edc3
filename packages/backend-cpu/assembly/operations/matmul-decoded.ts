// Matrix products with weights that have no dot product of their own: rows are decoded to float32 first, a strip at a time.
import { decodeIQ } from '../decode/iq';
import { dotFloat, dotFloat4 } from '../dot/float';
import { parameter, takeChunk } from '../threads';

/** Parameters: those of `matmul`; each thread decodes one row at a time, to a part of `unpacked` of its own. */
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
      decodeIQ(dtype, weight + row * rowBytes, own, inWidth);
      let token: u32 = 0;
      for (; token + 4 <= tokens; token += 4) {
        dotFloat4<f32>(own, x + token * xStride, inWidth, xStride, out + row * 4 + token * outStride, outStride);
      }
      for (; token < tokens; token++) {
        store<f32>(out + row * 4 + token * outStride, dotFloat<f32>(own, x + token * xStride, inWidth));
      }
    }
  }
}

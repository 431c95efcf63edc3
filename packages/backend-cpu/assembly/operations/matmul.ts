// Matrix products: which rows a thread takes, and in what order it goes over rows and tokens. The weights are the raw
// blocks of the file.
import { dot, dot4, dotUnpacked4, unpack } from '../dot/by-dtype';
import { parameter, takeChunk } from '../threads';

/**
 * Parameters: dtype (its GGML number), weight, rowBytes, rows of the weight, inWidth, x, xStride, tokens, out, outStride,
 * chunk, unpacked, unpackedRowBytes, unpackedRows. A thread takes `chunk` rows of the weight at a time and, with them in its
 * cache, goes over the tokens in fours. Where `unpacked` is not 0, it unpacks up to `unpackedRows` rows there first, into a
 * part of its own.
 */
export function matmul(command: usize, thread: u32): void {
  const rows = parameter(command, 3);
  const chunk = parameter(command, 10);
  const unpacked = parameter(command, 11);
  const unpackedRows = parameter(command, 13);
  const own = unpacked + thread * unpackedRows * parameter(command, 12);
  const fours = parameter(command, 7) & ~3;
  for (let first = takeChunk(command, chunk); first < rows; first = takeChunk(command, chunk)) {
    const end = min(first + chunk, rows);
    if (unpacked) {
      for (let row = first; row < end; row += unpackedRows) inFours(command, row, min(row + unpackedRows, end), own);
    } else {
      inFours(command, first, end, 0);
    }
    oneByOne(command, first, end, fours);
  }
}

/**
 * Rows `first` to `end` with the tokens in fours; the last one to three are left. Where `own` is not 0, the rows are unpacked
 * there before.
 */
function inFours(command: usize, first: u32, end: u32, own: usize): void {
  const dtype = parameter(command, 0);
  const weight = parameter(command, 1);
  const rowBytes = parameter(command, 2);
  const outStride = parameter(command, 9);
  const inWidth = parameter(command, 4);
  const xStride = parameter(command, 6);
  const ownBytes = parameter(command, 12);
  let x = parameter(command, 5);
  let out = parameter(command, 8);
  if (own) for (let row = first; row < end; row++) unpack(dtype, weight + row * rowBytes, own + (row - first) * ownBytes, inWidth);
  for (let fours = parameter(command, 7) >> 2; fours > 0; fours--) {
    for (let row = first; row < end; row++) {
      const to = out + row * 4;
      if (own) dotUnpacked4(dtype, own + (row - first) * ownBytes, x, inWidth, xStride, to, outStride);
      else dot4(dtype, weight + row * rowBytes, x, inWidth, xStride, to, outStride);
    }
    x += xStride * 4;
    out += outStride * 4;
  }
}

/** Rows `first` to `end` with the tokens from `token` on. */
function oneByOne(command: usize, first: u32, end: u32, token: u32): void {
  const dtype = parameter(command, 0);
  const weight = parameter(command, 1);
  const rowBytes = parameter(command, 2);
  const outStride = parameter(command, 9);
  const inWidth = parameter(command, 4);
  const xStride = parameter(command, 6);
  const tokens = parameter(command, 7);
  for (; token < tokens; token++) {
    const x = parameter(command, 5) + token * xStride;
    const out = parameter(command, 8) + token * outStride;
    for (let row = first; row < end; row++) store<f32>(out + row * 4, dot(dtype, weight + row * rowBytes, x, inWidth));
  }
}

// Matrix products: the rows of each thread, and the order of rows and tokens within a thread. The weights are the raw blocks
// of the file.
//
// A thread reads four parts of the weight at the same time, a row of each part in turn. A processor prefetches only within a
// page of memory, so from one part it prefetches too little: with four parts, weights beyond the caches are read up to 1.6
// times as fast.
import { dot, dotUnpacked4, unpack } from '../dot/by-dtype';
import { Four, One, Three, Two } from '../dot/columns';
import { parameter, takeChunk } from '../threads';

/** The row with number `turn` in the order of reading: the first row of each quarter, then the second row of each quarter. */
// @ts-ignore: decorator
@inline
function rowOfTurn(turn: u32, rows: u32): u32 {
  const quarter = turn & 3;
  return quarter * (rows >> 2) + min(quarter, rows & 3) + (turn >> 2);
}

/**
 * Parameters: dtype (its GGML number), weight, rowBytes, rows of the weight, inWidth, x, xStride, tokens, out, outStride,
 * chunk, unpacked, unpackedRowBytes, unpackedRows, apart. A thread takes `chunk` rows of the weight at a time and multiplies
 * them with four tokens at a time, while the rows are in its cache. If `unpacked` is not 0, the thread first unpacks up to
 * `unpackedRows` rows into its own part of it. The last one to three tokens go together, or one by one if `apart` is 1.
 */
export function matmul(command: usize, thread: u32): void {
  const rows = parameter(command, 3);
  const tokens = parameter(command, 7);
  const chunk = parameter(command, 10);
  const unpacked = parameter(command, 11);
  const unpackedRows = parameter(command, 13);
  const own = unpacked + thread * unpackedRows * parameter(command, 12);
  const apart = parameter(command, 14);
  const fours = tokens & ~3;
  for (let first = takeChunk(command, chunk); first < rows; first = takeChunk(command, chunk)) {
    const end = min(first + chunk, rows);
    if (unpacked) {
      for (let turn = first; turn < end; turn += unpackedRows) {
        unpackedFours(command, turn, min(turn + unpackedRows, end), own);
      }
    } else {
      for (let token: u32 = 0; token < fours; token += 4) multiply<Four>(command, first, end, token);
    }
    const left = tokens - fours;
    if (apart) for (let token = fours; token < tokens; token++) multiply<One>(command, first, end, token);
    else if (left == 3) multiply<Three>(command, first, end, fours);
    else if (left == 2) multiply<Two>(command, first, end, fours);
    else if (left == 1) multiply<One>(command, first, end, fours);
  }
}

/** The rows of turns `first` to `end` with C tokens from `token` on. */
function multiply<C>(command: usize, first: u32, end: u32, token: u32): void {
  const dtype = parameter(command, 0);
  const weight = parameter(command, 1);
  const rowBytes = parameter(command, 2);
  const rows = parameter(command, 3);
  const inWidth = parameter(command, 4);
  const xStride = parameter(command, 6);
  const outStride = parameter(command, 9);
  const x = parameter(command, 5) + token * xStride;
  const out = parameter(command, 8) + token * outStride;
  for (let turn = first; turn < end; turn++) {
    const row = rowOfTurn(turn, rows);
    dot<C>(dtype, weight + row * rowBytes, x, inWidth, xStride, out + row * 4, outStride);
  }
}

/** The rows of turns `first` to `end`, unpacked to `own`, with all tokens in fours; the last one to three are left. */
function unpackedFours(command: usize, first: u32, end: u32, own: usize): void {
  const dtype = parameter(command, 0);
  const weight = parameter(command, 1);
  const rowBytes = parameter(command, 2);
  const rows = parameter(command, 3);
  const inWidth = parameter(command, 4);
  const xStride = parameter(command, 6);
  const outStride = parameter(command, 9);
  const ownBytes = parameter(command, 12);
  let x = parameter(command, 5);
  let out = parameter(command, 8);
  for (let turn = first; turn < end; turn++) {
    unpack(dtype, weight + rowOfTurn(turn, rows) * rowBytes, own + (turn - first) * ownBytes, inWidth);
  }
  for (let fours = parameter(command, 7) >> 2; fours > 0; fours--) {
    for (let turn = first; turn < end; turn++) {
      const to = out + rowOfTurn(turn, rows) * 4;
      dotUnpacked4(dtype, own + (turn - first) * ownBytes, x, inWidth, xStride, to, outStride);
    }
    x += xStride * 4;
    out += outStride * 4;
  }
}

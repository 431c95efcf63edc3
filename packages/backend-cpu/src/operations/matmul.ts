// A matrix product as operations: how the work is cut for the threads, the form of both operands, and the copies if the
// weight lies in another memory than its input.
import { RondoError } from '@rondo/errors';
import { layoutOf, rowBytes, sizes } from '@rondo/tensor';
import type { Operation } from '../command-list.ts';
import { addressOfWeight, type CpuTensor, type CpuWeight } from '../cpu-tensors.ts';
import {
  goApart,
  inputRowBytes,
  isDecoded,
  manyTokens,
  matmulInputs,
  unpackedRowBytes,
} from '../matmul-inputs.ts';
import type { SentInputs } from '../notes.ts';
import { OP_MATMUL, OP_MATMUL_DECODED } from '../protocol.ts';
import { rowsOf, transfer, travellingParts } from '../transfers.ts';
import type { Lowering } from './lowering.ts';

/** Bytes for rows that a thread unpacks: more rows would leave the thread's cache before all tokens have used them. */
const UNPACKED_BYTES = 128 * 1024;
/**
 * Bytes of a weight that a thread takes at once. For few tokens the chunk is large: the processor prefetches only within a
 * chunk, and small chunks cost a quarter of the speed. For many tokens the chunk fits the thread's cache.
 */
const CHUNK_BYTES = { few: 256 * 1024, many: 64 * 1024 };
/** Least number of chunks of a product per thread, so that no thread waits long for the last thread. */
const CHUNKS = 8;

/** The target of a weight's products: columns of a tensor, from `column` on. */
interface Columns {
  readonly of: CpuTensor;
  readonly column: number;
}

export const lowerMatmul: Lowering<'matmul'> = ({ weight, x }, out, { inputOf, noteWith, threads }) => {
  const kind = matmulInputs[weight.dtype];
  if (kind === undefined) {
    throw new RondoError(
      'UNSUPPORTED',
      `The CPU backend has no kernel for ${weight.dtype} weights yet; it has ${Object.keys(matmulInputs).join(', ')}.`,
      { details: { dtype: weight.dtype } },
    );
  }
  const input = inputOf(x as CpuTensor, kind);
  let column = 0;
  for (const part of weight.parts ?? [weight]) {
    const columns = { of: out, column };
    noteWith(part, { reads: [input.region], writes: [out.region] }, (loaded, sent) =>
      product(loaded, kind, input, columns, threads, sent),
    );
    column += sizes(part)[0];
  }
};

/** The product of a weight in any memory and an input in the form `kind`. Input and result lie in memory 0. */
function* product(
  weight: CpuWeight,
  kind: number,
  input: CpuTensor,
  out: Columns,
  threads: number,
  sent: SentInputs,
): Generator<Operation> {
  const { memory = 0 } = weight;
  const [tokens, outWidth] = sizes(out.of);
  const [rows, inWidth] = sizes(weight);
  const to = { ...out.of, offsetBytes: out.of.offsetBytes + out.column * 4 };
  if (memory === 0) {
    yield multiply(weight, kind, input, to, tokens, outWidth * 4, threads);
    return;
  }
  const stride = inputRowBytes(kind, inWidth);
  for (const part of travellingParts(tokens)) {
    const bytes = part.count * stride;
    const known = part.count === tokens ? sent.get(input) : undefined;
    let there = known?.region.memory === memory ? known : undefined;
    if (!there) {
      there = { shape: [part.count, inWidth], region: { bytes, memory }, offsetBytes: 0 };
      yield transfer(rowsOf(input, part, stride), there, bytes);
      if (part.count === tokens) sent.set(input, there);
    }
    const products: CpuTensor = {
      shape: [part.count, rows],
      region: { bytes: part.count * rows * 4, memory },
      offsetBytes: 0,
    };
    yield multiply(weight, kind, there, products, part.count, rows * 4, threads);
    // Whole rows are contiguous; parts of rows are not.
    const lines = rows === outWidth ? [part] : each(part.start, part.count);
    for (const line of lines) {
      const from = rowsOf(products, { start: line.start - part.start, count: line.count }, rows * 4);
      yield transfer(from, rowsOf(to, line, outWidth * 4), line.count * rows * 4);
    }
  }
}

function each(start: number, count: number): { start: number; count: number }[] {
  return Array.from({ length: count }, (_, index) => ({ start: start + index, count: 1 }));
}

/** The product of tensors that all lie in the memory of the weight. */
function multiply(
  weight: CpuWeight,
  kind: number,
  input: CpuTensor,
  out: CpuTensor,
  tokens: number,
  outStride: number,
  threads: number,
): Operation {
  const { dtype, memory = 0 } = weight;
  const [rows, inWidth] = sizes(weight);
  const bytes = rowBytes(dtype, inWidth);
  const many = tokens >= manyTokens(dtype);
  const chunkBytes = many ? CHUNK_BYTES.many : CHUNK_BYTES.few;
  const chunk = Math.max(1, Math.min(Math.ceil(rows / (threads * CHUNKS)), Math.ceil(chunkBytes / bytes)));
  const decoded = isDecoded(dtype);
  const unpackedBytes = decoded || many ? unpackedRowBytes(dtype, inWidth) : 0;
  const unpackedRows = decoded
    ? 1
    : unpackedBytes && Math.max(1, Math.min(chunk, Math.floor(UNPACKED_BYTES / unpackedBytes)));
  const unpacked = { region: { bytes: threads * unpackedRows * unpackedBytes, memory }, offsetBytes: 0 };
  return {
    code: decoded ? OP_MATMUL_DECODED : OP_MATMUL,
    reads: [input.region],
    writes: unpackedBytes ? [out.region, unpacked.region] : [out.region],
    parameters: (address) => [
      layoutOf(dtype).id,
      addressOfWeight(weight),
      bytes,
      rows,
      inWidth,
      address(input),
      inputRowBytes(kind, inWidth),
      tokens,
      address(out),
      outStride,
      chunk,
      unpackedBytes && address(unpacked),
      unpackedBytes,
      unpackedRows,
      Number(goApart(dtype, inWidth)),
    ],
  };
}

// A matrix product as operations: the division of the work among threads, the form of both operands, and the copies if the
// weight and its input lie in different memories.
import { RondoError } from '@rondo/errors';
import { layoutOf, rowBytes, sizes, type Weight } from '@rondo/tensor';
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
import type { Notes, SentInputs } from '../notes.ts';
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

export const lowerMatmul: Lowering<'matmul'> = ({ weight, x }, out, notes) => {
  const kind = inputKind(weight);
  const input = { of: notes.inputOf(x as CpuTensor, kind), kind, groups: 1 };
  let column = 0;
  for (const part of weight.parts ?? [weight]) {
    const rows = { start: 0, count: sizes(part)[0] };
    noteProduct(part, input, [{ group: 0, rows, column }], out, notes);
    column += rows.count;
  }
};

export const lowerGroupedMatmul: Lowering<'groupedMatmul'> = ({ weight, x, groups }, out, notes) => {
  const kind = inputKind(weight);
  const [tokens] = sizes(x);
  const [allRows, width] = sizes(weight);
  // Each group of columns becomes a row, so that each group is quantized on its own.
  const apart = { ...(x as CpuTensor), shape: [tokens * groups, width] };
  const input = { of: notes.inputOf(apart, kind), kind, groups };
  const groupRows = allRows / groups;
  let first = 0;
  for (const part of weight.parts ?? [weight]) {
    const end = first + sizes(part)[0];
    const products: Product[] = [];
    for (let group = Math.floor(first / groupRows); group * groupRows < end; group++) {
      const from = Math.max(first, group * groupRows);
      const to = Math.min(end, (group + 1) * groupRows);
      products.push({ group, rows: { start: from - first, count: to - from }, column: from });
    }
    noteProduct(part, input, products, out, notes);
    first = end;
  }
};

/** @throws RondoError `UNSUPPORTED` for a data type without a kernel */
function inputKind({ dtype }: Weight): number {
  const kind = matmulInputs[dtype];
  if (kind !== undefined) return kind;
  throw new RondoError(
    'UNSUPPORTED',
    `The CPU backend has no kernel for ${dtype} weights yet; it has ${Object.keys(matmulInputs).join(', ')}.`,
    { details: { dtype } },
  );
}

/** The input of products in the form `kind`: a row for each token and each of `groups` groups of columns. */
interface Input {
  readonly of: CpuTensor;
  readonly kind: number;
  readonly groups: number;
}

/** The product of some rows of a weight with one group of the input's columns; `column`: its first column in the result. */
interface Product {
  readonly group: number;
  readonly rows: { readonly start: number; readonly count: number };
  readonly column: number;
}

function noteProduct(
  weight: Weight,
  input: Input,
  products: readonly Product[],
  out: CpuTensor,
  { noteWith, threads }: Notes,
): void {
  noteWith(weight, { reads: [input.of.region], writes: [out.region] }, function* (loaded, sent) {
    for (const one of products) yield* product(loaded, input, one, out, threads, sent);
  });
}

/** The product of rows of a weight in any memory. Input and result lie in memory 0. */
function* product(
  whole: CpuWeight,
  input: Input,
  { group, rows, column }: Product,
  out: CpuTensor,
  threads: number,
  sent: SentInputs,
): Generator<Operation> {
  const { memory = 0 } = whole;
  const [tokens, outWidth] = sizes(out);
  const [, inWidth] = sizes(whole);
  const weight = rowsOfWeight(whole, rows);
  const to = { ...out, offsetBytes: out.offsetBytes + column * 4 };
  const rowStride = inputRowBytes(input.kind, inWidth);
  /** Bytes from a group's row of one token to the group's row of the next token. */
  const stride = rowStride * input.groups;
  const ofGroup = (x: CpuTensor) => ({ ...x, offsetBytes: x.offsetBytes + group * rowStride });
  if (memory === 0) {
    yield multiply(weight, { of: ofGroup(input.of), stride }, to, tokens, outWidth * 4, threads);
    return;
  }
  for (const part of travellingParts(tokens)) {
    const bytes = part.count * stride;
    const known = part.count === tokens ? sent.get(input.of) : undefined;
    let there = known?.region.memory === memory ? known : undefined;
    if (!there) {
      there = { shape: [part.count * input.groups, inWidth], region: { bytes, memory }, offsetBytes: 0 };
      yield transfer(rowsOf(input.of, part, stride), there, bytes);
      if (part.count === tokens) sent.set(input.of, there);
    }
    const products: CpuTensor = {
      shape: [part.count, rows.count],
      region: { bytes: part.count * rows.count * 4, memory },
      offsetBytes: 0,
    };
    yield multiply(weight, { of: ofGroup(there), stride }, products, part.count, rows.count * 4, threads);
    // Whole rows of the result are contiguous and need one copy. Parts of rows need one copy for each row.
    const lines = rows.count === outWidth ? [part] : each(part.start, part.count);
    for (const line of lines) {
      const from = rowsOf(products, { start: line.start - part.start, count: line.count }, rows.count * 4);
      yield transfer(from, rowsOf(to, line, outWidth * 4), line.count * rows.count * 4);
    }
  }
}

/** Rows of a weight. */
function rowsOfWeight(weight: CpuWeight, { start, count }: Product['rows']): CpuWeight {
  const [rows, width] = sizes(weight);
  if (count === rows) return weight;
  const { address } = weight;
  return {
    ...weight,
    shape: [count, width],
    ...(address !== undefined && { address: address + start * rowBytes(weight.dtype, width) }),
  };
}

function each(start: number, count: number): { start: number; count: number }[] {
  return Array.from({ length: count }, (_, index) => ({ start: start + index, count: 1 }));
}

/** The product of tensors that all lie in the memory of the weight. */
function multiply(
  weight: CpuWeight,
  input: { readonly of: CpuTensor; readonly stride: number },
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
    reads: [input.of.region],
    writes: unpackedBytes ? [out.region, unpacked.region] : [out.region],
    parameters: (address) => [
      layoutOf(dtype).id,
      addressOfWeight(weight),
      bytes,
      rows,
      inWidth,
      address(input.of),
      input.stride,
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

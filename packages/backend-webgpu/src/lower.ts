// Operations as dispatches of kernels.
import { elements, ropeTable, sizes } from '@rondo/tensor';
import { DATA, threadsFor, type Dispatch, type LoweringContext } from './dispatch.ts';
import * as elementwise from './kernels/elementwise.ts';
import { rmsNorm } from './kernels/rms-norm.ts';
import { rope } from './kernels/rope.ts';
import { topK, TOP_K_PART } from './kernels/top-k.ts';
import { lowerAttention } from './lower-attention.ts';
import { lowerMatmul } from './lower-matmul.ts';
import { piecesOf } from './gpu-tensors.ts';
import type {
  GetRowsOperation,
  Operation,
  RmsNormOperation,
  RopeOperation,
  ScatterAddOperation,
  TopKOperation,
} from './operations.ts';

/** The dispatches of one operation, in order. */
export function lower(operation: Operation, context: LoweringContext): readonly Dispatch[] {
  const { bufferOf } = context;
  switch (operation.kind) {
    case 'matmul':
      return lowerMatmul(operation, context);
    case 'attention':
      return lowerAttention(operation, context);
    case 'rmsNorm':
      return [lowerRmsNorm(operation, context)];
    case 'rope':
      return [lowerRope(operation, context)];
    case 'topK':
      return lowerTopK(operation, context);
    case 'getRows':
      return [lowerGetRows(operation, context)];
    case 'scatterAdd':
      return [lowerScatterAdd(operation, context)];
    case 'add':
    case 'gated': {
      const { a, b, out } = operation;
      const count = elements(a.shape);
      return [
        {
          kernel: operation.kind === 'add' ? elementwise.add() : elementwise.gated(operation.activation),
          buffers: { a: bufferOf(a.region), b: bufferOf(b.region), out: bufferOf(out.region) },
          parameters: { count, a_start: a.start, b_start: b.start, out_start: out.start },
          workgroups: threadsFor(count),
        },
      ];
    }
    case 'copy': {
      const { a, out } = operation;
      const count = elements(a.shape);
      return [
        {
          kernel: elementwise.copy(),
          buffers: { a: bufferOf(a.region), out: bufferOf(out.region) },
          parameters: { count, a_start: a.start, out_start: out.start },
          workgroups: threadsFor(count),
        },
      ];
    }
  }
}

function lowerRmsNorm(
  { x, weight, epsilon, residual, out }: RmsNormOperation,
  { traits, bufferOf }: LoweringContext,
): Dispatch {
  const [rows, width] = sizes(x);
  const [piece] = piecesOf(weight);
  return {
    kernel: rmsNorm({ residual: residual !== undefined, subgroups: traits.subgroups }),
    buffers: {
      x: bufferOf(x.region),
      weight: piece.buffer,
      ...(residual && { residual: bufferOf(residual.region) }),
      out: bufferOf(out.region),
    },
    parameters: {
      rows,
      width,
      x_start: x.start,
      weight_start: piece.offsetBytes / 4,
      out_start: out.start,
      residual_start: residual?.start ?? 0,
      epsilon,
    },
    workgroups: [Math.min(traits.workgroups, rows), 1, 1],
  };
}

function lowerRope(
  { x, spans, rope: rotation, out }: RopeOperation,
  { bufferOf, data }: LoweringContext,
): Dispatch {
  const count = elements(x.shape);
  return {
    kernel: rope(rotation.kind),
    buffers: { x: bufferOf(x.region), data: DATA, out: bufferOf(out.region) },
    parameters: {
      count,
      width: sizes(x)[1],
      head_size: rotation.headSize,
      dimensions: rotation.dimensions,
      x_start: x.start,
      out_start: out.start,
      table_start: data(new Uint32Array(ropeTable(spans, rotation).buffer)),
    },
    workgroups: threadsFor(count),
  };
}

/** Parts that `topK` cuts rows of this width into. */
export const topKParts = (width: number): number => Math.ceil(width / TOP_K_PART);

function lowerTopK({ x, count, candidates, out }: TopKOperation, { bufferOf }: LoweringContext): Dispatch[] {
  const [rows, width] = sizes(x);
  const parts = topKParts(width);
  const input = { x: bufferOf(x.region) };
  const result = { out: bufferOf(out.region) };
  if (!candidates) {
    return [
      {
        kernel: topK({ candidates: false, last: true }),
        buffers: { ...input, ...result },
        parameters: { width, count, parts, x_start: x.start, out_start: out.start },
        workgroups: [parts, rows, 1],
      },
    ];
  }
  return [
    {
      kernel: topK({ candidates: false, last: false }),
      buffers: { ...input, out: bufferOf(candidates) },
      parameters: { width, count, parts, x_start: x.start, out_start: 0 },
      workgroups: [parts, rows, 1],
    },
    {
      kernel: topK({ candidates: true, last: true }),
      buffers: { x: bufferOf(candidates), ...result },
      parameters: { width: parts * count, count, parts: 1, x_start: 0, out_start: out.start },
      workgroups: [1, rows, 1],
    },
  ];
}

function lowerGetRows({ x, rows, out }: GetRowsOperation, { bufferOf, data }: LoweringContext): Dispatch {
  const [, width] = sizes(x);
  const count = rows.length * width;
  return {
    kernel: elementwise.getRows(),
    buffers: { x: bufferOf(x.region), data: DATA, out: bufferOf(out.region) },
    parameters: {
      count,
      width,
      x_start: x.start,
      out_start: out.start,
      data_start: data(Uint32Array.from(rows)),
    },
    workgroups: threadsFor(count),
  };
}

function lowerScatterAdd(
  { x, addend, rows, scales, out }: ScatterAddOperation,
  { bufferOf, data }: LoweringContext,
): Dispatch {
  const [count, width] = sizes(x);
  const table = new Uint32Array(2 * count);
  const bits = new Uint32Array(Float32Array.from(scales).buffer);
  for (const [i, row] of rows.entries()) table.set([i + 1, bits[i] ?? 0], 2 * row);
  return {
    kernel: elementwise.scatterAdd(),
    buffers: {
      x: bufferOf(x.region),
      addend: bufferOf(addend.region),
      data: DATA,
      out: bufferOf(out.region),
    },
    parameters: {
      count: count * width,
      width,
      x_start: x.start,
      addend_start: addend.start,
      out_start: out.start,
      data_start: data(table),
    },
    workgroups: threadsFor(count * width),
  };
}

// Operations that go over values one by one as dispatches.
import { elements, sizes } from '@rondo/tensor';
import { DATA, threadsFor, type Dispatch, type LoweringContext } from './dispatch.ts';
import { piecesOf } from './gpu-tensors.ts';
import * as kernels from './kernels/elementwise.ts';
import type {
  AddRowOperation,
  ElementwiseOperation,
  GetRowsOperation,
  ScatterAddOperation,
} from './operations.ts';

/** The dispatch of an operation: a thread a value. */
export function lowerElementwise(operation: ElementwiseOperation, context: LoweringContext): Dispatch {
  const { bufferOf } = context;
  switch (operation.kind) {
    case 'addRow':
      return lowerAddRow(operation, context);
    case 'getRows':
      return lowerGetRows(operation, context);
    case 'scatterAdd':
      return lowerScatterAdd(operation, context);
    case 'add':
    case 'gated': {
      const { a, b, out } = operation;
      const count = elements(a.shape);
      return {
        kernel: operation.kind === 'add' ? kernels.add() : kernels.gated(operation.activation),
        buffers: { a: bufferOf(a.region), b: bufferOf(b.region), out: bufferOf(out.region) },
        parameters: { count, a_start: a.start, b_start: b.start, out_start: out.start },
        workgroups: threadsFor(count),
      };
    }
    case 'copy':
    case 'map': {
      const { a, out } = operation;
      const count = elements(a.shape);
      const { number = 0 } = operation.kind === 'map' ? operation : {};
      return {
        kernel: operation.kind === 'copy' ? kernels.copy() : kernels.map(operation.name),
        buffers: { a: bufferOf(a.region), out: bufferOf(out.region) },
        parameters: { count, a_start: a.start, out_start: out.start, number },
        workgroups: threadsFor(count),
      };
    }
  }
}

function lowerAddRow({ x, weight, out }: AddRowOperation, { bufferOf }: LoweringContext): Dispatch {
  const [rows, width] = sizes(x);
  const [piece] = piecesOf(weight);
  return {
    kernel: kernels.addRow(),
    buffers: { x: bufferOf(x.region), row: piece.buffer, out: bufferOf(out.region) },
    parameters: {
      count: rows * width,
      width,
      x_start: x.start,
      row_start: piece.offsetBytes / 4,
      out_start: out.start,
    },
    workgroups: threadsFor(rows * width),
  };
}

function lowerGetRows({ x, rows, out }: GetRowsOperation, { bufferOf, data }: LoweringContext): Dispatch {
  const [, width] = sizes(x);
  const count = rows.length * width;
  return {
    kernel: kernels.getRows(),
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
    kernel: kernels.scatterAdd(),
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

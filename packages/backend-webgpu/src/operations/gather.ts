// Gathering rows of a tensor by their numbers, and adding rows to the rows of another tensor.
import { sizes } from '@rondo/tensor';
import { DATA, threadsFor } from '../dispatch.ts';
import * as kernels from '../kernels/elementwise.ts';
import type { Lowering } from './operation.ts';

export const lowerGetRows: Lowering<'getRows'> = ({ x, rows, out }, { bufferOf, data }) => {
  const [, width] = sizes(x);
  const count = rows.length * width;
  return [
    {
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
    },
  ];
};

export const lowerScatterAdd: Lowering<'scatterAdd'> = (
  { x, addend, rows, scales, out },
  { bufferOf, data },
) => {
  const [count, width] = sizes(x);
  const table = new Uint32Array(2 * count);
  const bits = new Uint32Array(Float32Array.from(scales).buffer);
  for (const [i, row] of rows.entries()) table.set([i + 1, bits[i] ?? 0], 2 * row);
  return [
    {
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
    },
  ];
};

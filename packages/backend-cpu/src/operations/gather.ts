// Gathering rows of a tensor by their numbers, adding rows to the rows of another tensor, and selecting columns.
import { sizes } from '@rondo/tensor';
import { floatBits } from '../command-list.ts';
import type { CpuTensor } from '../cpu-tensors.ts';
import * as protocol from '../protocol.ts';
import type { Lowering } from './lowering.ts';

export const lowerGetRows: Lowering<'getRows'> = ({ x, rows }, out, { note }) => {
  const input = x as CpuTensor;
  note({
    code: protocol.OP_GET_ROWS,
    reads: [input.region],
    writes: [out.region],
    parameters: (address) => [address(input), address(out), rows.length, sizes(x)[1]],
    data: () => Uint32Array.from(rows),
  });
};

export const lowerScatterAdd: Lowering<'scatterAdd'> = (
  { x, addend, rows, scales },
  out,
  { note, noteCopy },
) => {
  const more = addend as CpuTensor;
  noteCopy(x as CpuTensor, out);
  note({
    code: protocol.OP_SCATTER_ADD,
    reads: [more.region],
    writes: [out.region],
    parameters: (address) => [address(more), address(out), rows.length, sizes(x)[1]],
    data: () => Uint32Array.from(rows.flatMap((row, i) => [row, floatBits(scales[i] ?? 0)])),
  });
};

export const lowerColumns: Lowering<'columns'> = ({ x, options: { group, start, count } }, out, { note }) => {
  const input = x as CpuTensor;
  const [rows, width] = sizes(x);
  note({
    code: protocol.OP_COLUMNS,
    reads: [input.region],
    writes: [out.region],
    parameters: (address) => [address(input), address(out), rows, width / group, group, start, count],
  });
};

// Gathering rows of a tensor by their numbers, adding rows to the rows of another tensor, and selecting and joining columns.
import { sizes, type Tensor } from '@rondo/tensor';
import { floatBits, type Operation } from '../command-list.ts';
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

/** Columns of each group of a tensor: the columns of a group, the first column and the number of columns. */
interface Columns {
  readonly tensor: CpuTensor;
  readonly group: number;
  readonly start: number;
}

/** The command that copies `count` columns of each of `groups` groups. */
function copyColumns(from: Columns, to: Columns, groups: number, count: number): Operation {
  return {
    code: protocol.OP_COLUMNS,
    reads: [from.tensor.region],
    writes: [to.tensor.region],
    parameters: (address) => [
      address(from.tensor),
      address(to.tensor),
      sizes(from.tensor)[0],
      groups,
      from.group,
      from.start,
      count,
      to.group,
      to.start,
    ],
  };
}

export const lowerColumns: Lowering<'columns'> = ({ x, options: { group, start, count } }, out, { note }) => {
  const from = { tensor: x as CpuTensor, group, start };
  note(copyColumns(from, { tensor: out, group: count, start: 0 }, sizes(x)[1] / group, count));
};

export const lowerJoinColumns: Lowering<'joinColumns'> = ({ a, b, groups }, out, { note }) => {
  const [first, second] = [sizes(a)[1] / groups, sizes(b)[1] / groups];
  const group = first + second;
  const whole = (x: Tensor, width: number) => ({ tensor: x as CpuTensor, group: width, start: 0 });
  note(copyColumns(whole(a, first), { tensor: out, group, start: 0 }, groups, first));
  note(copyColumns(whole(b, second), { tensor: out, group, start: first }, groups, second));
};

// Elementwise operations, and columns of groups: one thread per value.
import { elements, sizes } from '@rondo/tensor';
import { threadsFor, type Dispatch, type LoweringContext } from '../dispatch.ts';
import { piecesOf, type GpuTensor } from '../gpu-tensors.ts';
import * as kernels from '../kernels/elementwise.ts';
import type { Kernel } from '../kernels/kernel.ts';
import type { GpuOperation, Lowering } from './operation.ts';

export const lowerAdd: Lowering<'add'> = ({ a, b, out }, context) => [
  ofTwo(kernels.add(), a, b, out, 1, context),
];

export const lowerGated: Lowering<'gated'> = ({ gate, up, form, out }, context) => {
  const size = elements(up.shape) / elements(gate.shape);
  return [ofTwo(kernels.gated(form, size > 1), gate, up, out, size, context)];
};

export const lowerActivate: Lowering<'activate'> = ({ x, activation, out }, context) => [
  ofOne(kernels.map(activation), x, out, 0, context),
];

export const lowerScale: Lowering<'scale'> = ({ x, factor, out }, context) => [
  ofOne(kernels.map('scale'), x, out, factor, context),
];

export const lowerSoftcap: Lowering<'softcap'> = ({ x, cap, out }, context) => [
  ofOne(kernels.map('softcap'), x, out, cap, context),
];

export const lowerCopy: Lowering<'copy'> = ({ x, out }, context) => [
  ofOne(kernels.copy(), x, out, 0, context),
];

export const lowerAddRow: Lowering<'addRow'> = (operation, context) => [
  withRow(kernels.addRow(), operation, context),
];

export const lowerMulRow: Lowering<'mulRow'> = (operation, context) => [
  withRow(kernels.mulRow(), operation, context),
];

/** Copies `taken` columns, from `start` on, of each group of x to the groups of `out`, from the column `outStart` on. */
function copyColumns(
  x: GpuTensor,
  { group, start, taken }: Readonly<Record<'group' | 'start' | 'taken', number>>,
  out: GpuTensor,
  { outGroup, outStart }: Readonly<Record<'outGroup' | 'outStart', number>>,
  { bufferOf }: LoweringContext,
): Dispatch {
  const count = (elements(x.shape) / group) * taken;
  return {
    kernel: kernels.columns(),
    buffers: { x: bufferOf(x.region), out: bufferOf(out.region) },
    parameters: {
      count,
      group,
      start,
      taken,
      out_group: outGroup,
      x_start: x.start,
      out_start: out.start + outStart,
    },
    workgroups: threadsFor(count),
  };
}

export const lowerColumns: Lowering<'columns'> = ({ x, options: { group, start, count }, out }, context) => [
  copyColumns(x, { group, start, taken: count }, out, { outGroup: count, outStart: 0 }, context),
];

export const lowerJoinColumns: Lowering<'joinColumns'> = ({ a, b, groups, out }, context) => {
  const [first, second] = [sizes(a)[1] / groups, sizes(b)[1] / groups];
  const outGroup = first + second;
  const all = (group: number) => ({ group, start: 0, taken: group });
  return [
    copyColumns(a, all(first), out, { outGroup, outStart: 0 }, context),
    copyColumns(b, all(second), out, { outGroup, outStart: first }, context),
  ];
};

/** A function of each row of x and one common row. */
function withRow(
  kernel: Kernel,
  { x, weight, out }: Pick<GpuOperation<'addRow'>, 'x' | 'weight' | 'out'>,
  { bufferOf }: LoweringContext,
): Dispatch {
  const [rows, width] = sizes(x);
  const [piece] = piecesOf(weight);
  return {
    kernel,
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

/** A function of two values; one value of a is used for `size` values of b. */
function ofTwo(
  kernel: Kernel,
  a: GpuTensor,
  b: GpuTensor,
  out: GpuTensor,
  size: number,
  { bufferOf }: LoweringContext,
): Dispatch {
  const count = elements(out.shape);
  return {
    kernel,
    buffers: { a: bufferOf(a.region), b: bufferOf(b.region), out: bufferOf(out.region) },
    parameters: { count, a_start: a.start, b_start: b.start, out_start: out.start, size },
    workgroups: threadsFor(count),
  };
}

/** A function of one value and a number. */
function ofOne(
  kernel: Kernel,
  a: GpuTensor,
  out: GpuTensor,
  number: number,
  { bufferOf }: LoweringContext,
): Dispatch {
  const count = elements(a.shape);
  return {
    kernel,
    buffers: { a: bufferOf(a.region), out: bufferOf(out.region) },
    parameters: { count, a_start: a.start, out_start: out.start, number },
    workgroups: threadsFor(count),
  };
}

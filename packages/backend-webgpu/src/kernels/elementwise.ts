// Elementwise kernels: sums, gates, functions and copies; and kernels that gather or add rows by their numbers.
import type { Activation, GatedForm } from '@rondo/tensor';
import { activationCode, gatedCode, tanhCode } from './activation.ts';
import { kernel, loop, reads, writes, type Kernel } from './kernel.ts';

const two = { count: 'u32', a_start: 'u32', b_start: 'u32', out_start: 'u32' } as const;

/** The sum a + b, value by value. */
export const add = (): Kernel =>
  kernel('add', () => ({
    parameters: two,
    bindings: { a: reads(), b: reads(), out: writes() },
    code: loop('out[p.out_start + i] = a[p.a_start + i] + b[p.b_start + i];'),
  }));

/** The gate a applied to b. If `inGroups`, one value of a applies to `size` successive values of b. */
export const gated = (form: GatedForm, inGroups: boolean): Kernel =>
  kernel(`gated ${form}${inGroups ? ' in groups' : ''}`, () => ({
    parameters: { ...two, size: 'u32' },
    bindings: { a: reads(), b: reads(), out: writes() },
    code:
      gatedCode(form) +
      loop(`out[p.out_start + i] = gated(a[p.a_start + i${inGroups ? ' / p.size' : ''}], b[p.b_start + i]);`),
  }));

/** Each row of x plus, or times, one common row. */
const withRow = (name: string, operator: '+' | '*'): Kernel =>
  kernel(name, () => ({
    parameters: { count: 'u32', width: 'u32', x_start: 'u32', row_start: 'u32', out_start: 'u32' },
    bindings: { x: reads(), row: reads(), out: writes() },
    code: loop(`out[p.out_start + i] = x[p.x_start + i] ${operator} row[p.row_start + i % p.width];`),
  }));

/** Adds one row to each row of x. */
export const addRow = (): Kernel => withRow('addRow', '+');

/** Multiplies each row of x with one row, value by value. */
export const mulRow = (): Kernel => withRow('mulRow', '*');

/** Copies some columns of each group of x, one group after the other. */
export const columns = (): Kernel =>
  kernel('columns', () => ({
    parameters: {
      count: 'u32',
      group: 'u32',
      start: 'u32',
      taken: 'u32',
      out_group: 'u32',
      x_start: 'u32',
      out_start: 'u32',
    },
    bindings: { x: reads(), out: writes() },
    code: loop(
      'out[p.out_start + (i / p.taken) * p.out_group + i % p.taken] = x[p.x_start + (i / p.taken) * p.group + p.start + i % p.taken];',
    ),
  }));

/** A function of one value; `scale` and `softcap` take a number. */
export type MapFunction = Activation | 'scale' | 'softcap';

/** For each function: the WGSL declarations, and the WGSL expression of the result for `x`. */
const functions: Readonly<Record<MapFunction, { readonly code: string; readonly result: string }>> = {
  identity: { code: activationCode('identity'), result: 'activate(x)' },
  relu2: { code: activationCode('relu2'), result: 'activate(x)' },
  silu: { code: activationCode('silu'), result: 'activate(x)' },
  gelu: { code: activationCode('gelu'), result: 'activate(x)' },
  sigmoid: { code: activationCode('sigmoid'), result: 'activate(x)' },
  softplus: { code: activationCode('softplus'), result: 'activate(x)' },
  scale: { code: '', result: 'x * p.number' },
  softcap: { code: tanhCode, result: 'p.number * bend(x / p.number)' },
};

/** A function of each value of a. */
export const map = (name: MapFunction): Kernel =>
  kernel(name, () => ({
    parameters: { count: 'u32', a_start: 'u32', out_start: 'u32', number: 'f32' },
    bindings: { a: reads(), out: writes() },
    code:
      functions[name].code +
      loop(`let x = a[p.a_start + i]; out[p.out_start + i] = ${functions[name].result};`),
  }));

/** Copies the tensor a. */
export const copy = (): Kernel =>
  kernel('copy', () => ({
    parameters: { count: 'u32', a_start: 'u32', out_start: 'u32' },
    bindings: { a: reads(), out: writes() },
    code: loop('out[p.out_start + i] = a[p.a_start + i];'),
  }));

/** Copies the rows of x whose numbers are in `data`. */
export const getRows = (): Kernel =>
  kernel('getRows', () => ({
    parameters: { count: 'u32', width: 'u32', x_start: 'u32', out_start: 'u32', data_start: 'u32' },
    bindings: { x: reads(), data: reads('array<u32>'), out: writes() },
    code: loop(/* wgsl */ `
    let row = data[p.data_start + i / p.width];
    out[p.out_start + i] = x[p.x_start + row * p.width + i % p.width];
`),
  }));

/** x plus scaled rows of the addend. `data` has for each row of x: row of addend + 1 (0 = no row), bits of the scale. */
export const scatterAdd = (): Kernel =>
  kernel('scatterAdd', () => ({
    parameters: {
      count: 'u32',
      width: 'u32',
      x_start: 'u32',
      addend_start: 'u32',
      out_start: 'u32',
      data_start: 'u32',
    },
    bindings: { x: reads(), addend: reads(), data: reads('array<u32>'), out: writes() },
    code: loop(/* wgsl */ `
    let entry = p.data_start + (i / p.width) * 2u;
    var value = x[p.x_start + i];
    let row = data[entry];
    if (row > 0u) {
      value = fma(bitcast<f32>(data[entry + 1u]), addend[p.addend_start + (row - 1u) * p.width + i % p.width], value);
    }
    out[p.out_start + i] = value;
`),
  }));

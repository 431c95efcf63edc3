// Elementwise operations.
import { elements, sizes, type Activation, type GatedForm, type Tensor, type Weight } from '@rondo/tensor';
import { floatBits } from '../command-list.ts';
import type { CpuTensor } from '../cpu-tensors.ts';
import type { Notes } from '../notes.ts';
import * as protocol from '../protocol.ts';
import type { Lowering } from './lowering.ts';

/** The number of each activation function. `OP_MAP` uses these numbers. */
const activationCodes: Readonly<Record<Activation, number>> = {
  identity: protocol.ACTIVATION_IDENTITY,
  relu2: protocol.ACTIVATION_RELU2,
  silu: protocol.ACTIVATION_SILU,
  gelu: protocol.ACTIVATION_GELU,
  sigmoid: protocol.ACTIVATION_SIGMOID,
  softplus: protocol.ACTIVATION_SOFTPLUS,
};

/** Numbers of the gates. */
const gatedCodes: Readonly<Record<GatedForm, number>> = {
  ...activationCodes,
  swigluOai: protocol.GATED_SWIGLU_OAI,
};

export const lowerAdd: Lowering<'add'> = ({ a, b }, out, notes) => {
  noteOfTwo(protocol.OP_ADD, a, b, out, [], notes);
};

export const lowerGated: Lowering<'gated'> = ({ gate, up, form }, out, notes) => {
  const size = elements(up.shape) / elements(gate.shape);
  noteOfTwo(protocol.OP_GATED, gate, up, out, [gatedCodes[form], size], notes);
};

export const lowerActivate: Lowering<'activate'> = ({ x, activation }, out, notes) => {
  noteMap(activationCodes[activation], x, 0, out, notes);
};

export const lowerScale: Lowering<'scale'> = ({ x, factor }, out, notes) => {
  noteMap(protocol.MAP_SCALE, x, factor, out, notes);
};

export const lowerSoftcap: Lowering<'softcap'> = ({ x, cap }, out, notes) => {
  noteMap(protocol.MAP_SOFTCAP, x, cap, out, notes);
};

export const lowerAddRow: Lowering<'addRow'> = (operation, out, notes) => {
  noteRow(protocol.OP_ADD_ROW, operation, out, notes);
};

export const lowerMulRow: Lowering<'mulRow'> = (operation, out, notes) => {
  noteRow(protocol.OP_MUL_ROW, operation, out, notes);
};

/** Notes a function of each row of x and one common row. */
function noteRow(
  code: number,
  { x, weight }: { readonly x: Tensor; readonly weight: Weight },
  out: CpuTensor,
  notes: Notes,
): void {
  const input = x as CpuTensor;
  notes.withRow(weight, input, out, (near) => ({
    code,
    parameters: (address) => [address(input), near ? address(near) : 0, address(out), ...sizes(x)],
  }));
}

/** Notes a function of two values. */
function noteOfTwo(
  code: number,
  first: Tensor,
  second: Tensor,
  out: CpuTensor,
  more: readonly number[],
  { note }: Notes,
): void {
  const [a, b] = [first as CpuTensor, second as CpuTensor];
  note({
    code,
    reads: [a.region, b.region],
    writes: [out.region],
    parameters: (address) => [address(a), address(b), address(out), elements(out.shape), ...more],
  });
}

/** Notes a function of one value and a number. */
function noteMap(kind: number, x: Tensor, number: number, out: CpuTensor, { note }: Notes): void {
  const input = x as CpuTensor;
  note({
    code: protocol.OP_MAP,
    reads: [input.region],
    writes: [out.region],
    parameters: (address) => [address(input), address(out), elements(x.shape), kind, floatBits(number)],
  });
}

import { elements, sizes, type Tensor, type Weight } from '@rondo/tensor';
import { floatBits } from '../command-list.ts';
import type { CpuTensor } from '../cpu-tensors.ts';
import type { Notes } from '../notes.ts';
import * as protocol from '../protocol.ts';
import type { Lowering } from './lowering.ts';

export const lowerRmsNorm: Lowering<'rmsNorm'> = (operation, out, notes) => {
  noteNorm(protocol.OP_RMS_NORM, operation, operation.size, out, notes);
};

export const lowerLayerNorm: Lowering<'layerNorm'> = (operation, out, notes) => {
  noteNorm(protocol.OP_LAYER_NORM, operation, sizes(operation.x)[1], out, notes);
};

/** Notes a norm of each group of `size` values. */
function noteNorm(
  code: number,
  norm: { readonly x: Tensor; readonly weight: Weight | undefined; readonly epsilon: number },
  size: number,
  out: CpuTensor,
  notes: Notes,
): void {
  const { x, weight, epsilon } = norm;
  const input = x as CpuTensor;
  notes.withRow(weight, input, out, (near) => ({
    code,
    parameters: (address) => [
      address(input),
      near ? address(near) : 0,
      address(out),
      elements(x.shape) / size,
      size,
      floatBits(epsilon),
    ],
  }));
}

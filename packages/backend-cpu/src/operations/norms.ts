import { elements, sizes } from '@rondo/tensor';
import { floatBits } from '../command-list.ts';
import type { CpuTensor } from '../cpu-tensors.ts';
import * as protocol from '../protocol.ts';
import type { Lowering } from './lowering.ts';

export const lowerRmsNorm: Lowering<'rmsNorm'> = ({ x, weight, epsilon, size }, out, notes) => {
  const input = x as CpuTensor;
  notes.withRow(weight, input, out, (near) => ({
    code: protocol.OP_RMS_NORM,
    parameters: (address) => [
      address(input),
      near ? address(near) : 0,
      address(out),
      elements(x.shape) / size,
      size,
      floatBits(epsilon),
    ],
  }));
};

export const lowerLayerNorm: Lowering<'layerNorm'> = ({ x, weight, epsilon }, out, notes) => {
  const input = x as CpuTensor;
  notes.withRow(weight, input, out, (near) => ({
    code: protocol.OP_LAYER_NORM,
    parameters: (address) => [
      address(input),
      near ? address(near) : 0,
      address(out),
      ...sizes(x),
      floatBits(epsilon),
    ],
  }));
};

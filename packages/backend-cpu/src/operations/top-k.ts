import { sizes } from '@rondo/tensor';
import type { CpuTensor } from '../cpu-tensors.ts';
import { OP_TOP_K } from '../protocol.ts';
import type { Lowering } from './lowering.ts';

export const lowerTopK: Lowering<'topK'> = ({ x, count }, out, { note }) => {
  const input = x as CpuTensor;
  note({
    code: OP_TOP_K,
    reads: [input.region],
    writes: [out.region],
    parameters: (address) => [address(input), address(out), ...sizes(x), count],
  });
};

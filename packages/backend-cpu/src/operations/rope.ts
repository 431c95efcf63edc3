import { ropeTable, sizes } from '@rondo/tensor';
import type { CpuTensor } from '../cpu-tensors.ts';
import { OP_ROPE } from '../protocol.ts';
import type { Lowering } from './lowering.ts';

export const lowerRope: Lowering<'rope'> = ({ x, spans, rope }, out, { note }) => {
  const [rows, width] = sizes(x);
  const { headSize, dimensions } = rope;
  const input = x as CpuTensor;
  note({
    code: OP_ROPE,
    reads: [input.region],
    writes: [out.region],
    parameters: (address) => [
      address(input),
      address(out),
      rows,
      width / headSize,
      headSize,
      dimensions,
      rope.kind === 'halves' ? 1 : 0,
    ],
    data: () => new Uint32Array(ropeTable(spans, rope).buffer),
  });
};

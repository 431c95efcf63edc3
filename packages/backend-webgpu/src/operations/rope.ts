import { elements, ropeTable, sizes } from '@rondo/tensor';
import { DATA, threadsFor } from '../dispatch.ts';
import { rope as kernel } from '../kernels/rope.ts';
import type { Lowering } from './operation.ts';

export const lowerRope: Lowering<'rope'> = ({ x, spans, rope, out }, { bufferOf, data }) => {
  const count = elements(x.shape);
  return [
    {
      kernel: kernel(rope.kind),
      buffers: { x: bufferOf(x.region), data: DATA, out: bufferOf(out.region) },
      parameters: {
        count,
        width: sizes(x)[1],
        head_size: rope.headSize,
        dimensions: rope.dimensions,
        x_start: x.start,
        out_start: out.start,
        table_start: data(new Uint32Array(ropeTable(spans, rope).buffer)),
      },
      workgroups: threadsFor(count),
    },
  ];
};

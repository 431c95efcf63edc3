// topK as dispatches: one dispatch over the rows. For long rows: one dispatch over parts of the rows, and another over the
// candidates of the parts.
import { sizes } from '@rondo/tensor';
import { topK, TOP_K_PART } from '../kernels/top-k.ts';
import type { GpuTensor, Region } from '../gpu-tensors.ts';
import type { Lowering } from './operation.ts';

/** Number of parts into which rows of this width are cut. */
const partsOf = (width: number): number => Math.ceil(width / TOP_K_PART);

/** Room for the candidates of the parts of x, if the rows of x are cut. */
export function candidatesOf(x: GpuTensor, count: number): Region | undefined {
  const [rows, width] = sizes(x);
  const parts = partsOf(width);
  return parts > 1 ? { bytes: rows * parts * 2 * count * 4 } : undefined;
}

export const lowerTopK: Lowering<'topK'> = ({ x, count, candidates, out }, { bufferOf }) => {
  const [rows, width] = sizes(x);
  const parts = partsOf(width);
  const input = { x: bufferOf(x.region) };
  const result = { out: bufferOf(out.region) };
  if (!candidates) {
    return [
      {
        kernel: topK({ candidates: false, last: true }),
        buffers: { ...input, ...result },
        parameters: { width, count, parts, x_start: x.start, out_start: out.start },
        workgroups: [parts, rows, 1],
      },
    ];
  }
  return [
    {
      kernel: topK({ candidates: false, last: false }),
      buffers: { ...input, out: bufferOf(candidates) },
      parameters: { width, count, parts, x_start: x.start, out_start: 0 },
      workgroups: [parts, rows, 1],
    },
    {
      kernel: topK({ candidates: true, last: true }),
      buffers: { x: bufferOf(candidates), ...result },
      parameters: { width: parts * count, count, parts: 1, x_start: 0, out_start: out.start },
      workgroups: [1, rows, 1],
    },
  ];
};

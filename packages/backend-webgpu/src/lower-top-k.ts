// topK as dispatches: one over the rows, or one over parts of long rows and one over what these found.
import { sizes } from '@rondo/tensor';
import type { Dispatch, LoweringContext } from './dispatch.ts';
import { topK, TOP_K_PART } from './kernels/top-k.ts';
import type { TopKOperation } from './operations.ts';

/** Parts that `topK` cuts rows of this width into. */
export const topKParts = (width: number): number => Math.ceil(width / TOP_K_PART);

/** The dispatches of a topK. */
export function lowerTopK(
  { x, count, candidates, out }: TopKOperation,
  { bufferOf }: LoweringContext,
): Dispatch[] {
  const [rows, width] = sizes(x);
  const parts = topKParts(width);
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
}

// Operations as dispatches of kernels.
import { elements, ropeTable, sizes } from '@rondo/tensor';
import { DATA, threadsFor, type Dispatch, type LoweringContext } from './dispatch.ts';
import { rope } from './kernels/rope.ts';
import { lowerAttention } from './lower-attention.ts';
import { lowerElementwise } from './lower-elementwise.ts';
import { lowerMatmul } from './lower-matmul.ts';
import { lowerLayerNorm, lowerRmsNorm } from './lower-norm.ts';
import { lowerTopK } from './lower-top-k.ts';
import type { Operation, RopeOperation } from './operations.ts';

/** The dispatches of one operation, in order. */
export function lower(operation: Operation, context: LoweringContext): readonly Dispatch[] {
  switch (operation.kind) {
    case 'matmul':
      return lowerMatmul(operation, context);
    case 'attention':
      return lowerAttention(operation, context);
    case 'rmsNorm':
      return [lowerRmsNorm(operation, context)];
    case 'layerNorm':
      return [lowerLayerNorm(operation, context)];
    case 'rope':
      return [lowerRope(operation, context)];
    case 'topK':
      return lowerTopK(operation, context);
    default:
      return [lowerElementwise(operation, context)];
  }
}

function lowerRope(
  { x, spans, rope: rotation, out }: RopeOperation,
  { bufferOf, data }: LoweringContext,
): Dispatch {
  const count = elements(x.shape);
  return {
    kernel: rope(rotation.kind),
    buffers: { x: bufferOf(x.region), data: DATA, out: bufferOf(out.region) },
    parameters: {
      count,
      width: sizes(x)[1],
      head_size: rotation.headSize,
      dimensions: rotation.dimensions,
      x_start: x.start,
      out_start: out.start,
      table_start: data(new Uint32Array(ropeTable(spans, rotation).buffer)),
    },
    workgroups: threadsFor(count),
  };
}

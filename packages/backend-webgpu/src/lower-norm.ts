// Norms as dispatches: a workgroup a group of values that is normalized on its own.
import { elements, sizes } from '@rondo/tensor';
import type { Dispatch, LoweringContext } from './dispatch.ts';
import { piecesOf } from './gpu-tensors.ts';
import { layerNorm } from './kernels/layer-norm.ts';
import { rmsNorm } from './kernels/rms-norm.ts';
import type { LayerNormOperation, RmsNormOperation } from './operations.ts';

/** The dispatch of an rmsNorm, whose groups lie one after the other, within a row and from row to row. */
export function lowerRmsNorm(
  { x, weight, size, epsilon, residual, out }: RmsNormOperation,
  { traits, bufferOf }: LoweringContext,
): Dispatch {
  const groups = elements(x.shape) / size;
  const [piece] = weight ? piecesOf(weight) : [];
  return {
    kernel: rmsNorm({
      weighted: piece !== undefined,
      residual: residual !== undefined,
      subgroups: traits.subgroups,
    }),
    buffers: {
      x: bufferOf(x.region),
      ...(piece && { weight: piece.buffer }),
      ...(residual && { residual: bufferOf(residual.region) }),
      out: bufferOf(out.region),
    },
    parameters: {
      groups,
      size,
      x_start: x.start,
      weight_start: (piece?.offsetBytes ?? 0) / 4,
      out_start: out.start,
      residual_start: residual?.start ?? 0,
      epsilon,
    },
    workgroups: [Math.min(traits.workgroups, groups), 1, 1],
  };
}

/** The dispatch of a layerNorm. */
export function lowerLayerNorm(
  { x, weight, epsilon, out }: LayerNormOperation,
  { traits, bufferOf }: LoweringContext,
): Dispatch {
  const [rows, width] = sizes(x);
  const [piece] = piecesOf(weight);
  return {
    kernel: layerNorm(traits.subgroups),
    buffers: { x: bufferOf(x.region), weight: piece.buffer, out: bufferOf(out.region) },
    parameters: {
      rows,
      width,
      x_start: x.start,
      weight_start: piece.offsetBytes / 4,
      out_start: out.start,
      epsilon,
    },
    workgroups: [Math.min(traits.workgroups, rows), 1, 1],
  };
}

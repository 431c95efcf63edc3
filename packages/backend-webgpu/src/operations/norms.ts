// Norms: one workgroup for each group of values that is normalized separately.
import { elements, sizes } from '@rondo/tensor';
import { piecesOf } from '../gpu-tensors.ts';
import { layerNorm } from '../kernels/layer-norm.ts';
import { rmsNorm } from '../kernels/rms-norm.ts';
import type { Lowering } from './operation.ts';

/** Groups are contiguous: the last group of a row is followed by the first group of the next row. */
export const lowerRmsNorm: Lowering<'rmsNorm'> = (
  { x, weight, epsilon, size, residual, out },
  { traits, bufferOf },
) => {
  const groups = elements(x.shape) / size;
  const piece = weight && piecesOf(weight)[0];
  return [
    {
      kernel: rmsNorm({
        weight: piece !== undefined,
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
    },
  ];
};

export const lowerLayerNorm: Lowering<'layerNorm'> = ({ x, weight, epsilon, out }, { traits, bufferOf }) => {
  const [rows, width] = sizes(x);
  const [piece] = piecesOf(weight);
  return [
    {
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
    },
  ];
};

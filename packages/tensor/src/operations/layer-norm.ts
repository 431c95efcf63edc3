import { sizes } from '../shapes.ts';
import type { Tensor, Weight } from '../tensors.ts';
import { at, defineOperation } from './operation.ts';
import { checkRow } from './row-operands.ts';

/**
 * `(x - mean(x)) / sqrt(variance(x) + epsilon) * weight`, row by row. x `[tokens, width]`, weight F32 `[width]`; a bias is
 * added by `addRow`. Ba et al. 2016, arXiv:1607.06450.
 */
export const layerNorm = defineOperation({
  of: (x: Tensor, weight: Weight, epsilon: number) => ({ x, weight, epsilon }),
  reads: ({ x }) => [x],
  shape({ x, weight }) {
    checkRow('layerNorm', x, weight);
    return x.shape;
  },
  compute({ x, epsilon }, given) {
    const values = given.values(x);
    const [, width] = sizes(x);
    const out = new Float64Array(values.length);
    for (let start = 0; start < values.length; start += width) {
      const row = values.subarray(start, start + width);
      const mean = row.reduce((sum, value) => sum + value, 0) / width;
      const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
      const scale = 1 / Math.sqrt(variance + epsilon);
      for (const [i, value] of row.entries()) out[start + i] = (value - mean) * scale * at(given.weight, i);
    }
    return out;
  },
}).withCases(
  (
    [
      [1, 2],
      [3, 7],
      [2, 64],
      [5, 1030],
    ] as const
  ).map(([tokens, width]) => ({
    name: `${tokens} rows of ${width} values`,
    arguments: (on) => [on.input([tokens, width]), on.weight('F32', [width]), 1e-5],
  })),
  [
    {
      name: 'one token',
      isTimed: true,
      arguments: (on) => [on.input([1, 2048]), on.weight('F32', [2048]), 1e-5],
    },
  ],
);

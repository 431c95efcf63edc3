// The lowering of each operation to dispatches of the kernels in `kernels/`.
import type { Dispatch, LoweringContext } from '../dispatch.ts';
import { lowerAttention } from './attention.ts';
import {
  lowerActivate,
  lowerAdd,
  lowerAddRow,
  lowerColumns,
  lowerCopy,
  lowerGated,
  lowerJoinColumns,
  lowerMulRow,
  lowerScale,
  lowerSoftcap,
} from './elementwise.ts';
import { lowerGetRows, lowerScatterAdd } from './gather.ts';
import { lowerMatmul } from './matmul.ts';
import { lowerLayerNorm, lowerRmsNorm } from './norms.ts';
import type { Lowering, Operation, Run } from './operation.ts';
import { lowerConvolve, lowerDeltaRule, lowerSelectiveScan } from './recurrent.ts';
import { lowerRope } from './rope.ts';
import { lowerTopK } from './top-k.ts';

const lowerings: { readonly [Kind in Run]: Lowering<Kind> } = {
  activate: lowerActivate,
  add: lowerAdd,
  addRow: lowerAddRow,
  attention: lowerAttention,
  columns: lowerColumns,
  convolve: lowerConvolve,
  copy: lowerCopy,
  deltaRule: lowerDeltaRule,
  gated: lowerGated,
  getRows: lowerGetRows,
  joinColumns: lowerJoinColumns,
  layerNorm: lowerLayerNorm,
  matmul: lowerMatmul,
  mulRow: lowerMulRow,
  rmsNorm: lowerRmsNorm,
  rope: lowerRope,
  scale: lowerScale,
  scatterAdd: lowerScatterAdd,
  selectiveScan: lowerSelectiveScan,
  softcap: lowerSoftcap,
  topK: lowerTopK,
};

/** The dispatches of one operation, in order. */
export function lower(operation: Operation, context: LoweringContext): readonly Dispatch[] {
  return (lowerings[operation.kind] as (one: Operation, on: LoweringContext) => readonly Dispatch[])(
    operation,
    context,
  );
}

// The lowering of each operation to commands for the kernels of `assembly/operations/`.
import type { Operation, OperationKind } from '@rondo/tensor';
import type { CpuTensor } from '../cpu-tensors.ts';
import type { Notes } from '../notes.ts';
import { lowerAttention } from './attention.ts';
import {
  lowerActivate,
  lowerAdd,
  lowerAddRow,
  lowerGated,
  lowerMulRow,
  lowerScale,
  lowerSoftcap,
} from './elementwise.ts';
import { lowerColumns, lowerJoinColumns, lowerGetRows, lowerScatterAdd } from './gather.ts';
import type { Lowering } from './lowering.ts';
import { lowerGroupedMatmul, lowerMatmul } from './matmul.ts';
import { lowerLayerNorm, lowerRmsNorm } from './norms.ts';
import { lowerConvolve, lowerDeltaRule, lowerSelectiveScan } from './recurrent.ts';
import { lowerRope } from './rope.ts';
import { lowerTopK } from './top-k.ts';

const lowerings: { readonly [Kind in OperationKind]: Lowering<Kind> } = {
  activate: lowerActivate,
  add: lowerAdd,
  addRow: lowerAddRow,
  attention: lowerAttention,
  columns: lowerColumns,
  convolve: lowerConvolve,
  deltaRule: lowerDeltaRule,
  gated: lowerGated,
  getRows: lowerGetRows,
  groupedMatmul: lowerGroupedMatmul,
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

/** Notes the commands of any operation. */
export function lower(operation: Operation, out: CpuTensor, notes: Notes): void {
  (lowerings[operation.kind] as Lowering<OperationKind>)(operation, out, notes);
}

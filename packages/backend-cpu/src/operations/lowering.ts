import type { OperationKind, OperationOf } from '@rondo/tensor';
import type { CpuTensor } from '../cpu-tensors.ts';
import type { Notes } from '../notes.ts';

/** Notes the commands that compute an operation, whose operands have been checked, into `out`. */
export type Lowering<Kind extends OperationKind> = (
  operation: OperationOf<Kind>,
  out: CpuTensor,
  notes: Notes,
) => void;

// Notes operations. The operations are fused, placed and turned into dispatches when the encoder is submitted.
import {
  checkCopy,
  checkRows,
  elements,
  operationMethods,
  sizes,
  type Encoder,
  type Shape,
  type Tensor,
} from '@rondo/tensor';
import { fuse } from './fuse.ts';
import type { GpuTensor } from './gpu-tensors.ts';
import { noteGroupedMatmul, noteMatmul } from './operations/matmul.ts';
import type { Operation } from './operations/operation.ts';
import { candidatesOf } from './operations/top-k.ts';
import { createPlacer } from './place.ts';

/** An encoder whose notes can be submitted. */
export interface GpuEncoder extends Encoder {
  readonly operations: readonly Operation[];
}

const none = () => false;

function placedBytes(operations: readonly Operation[]): number {
  return createPlacer()
    .place(operations, none)
    .sizes.reduce((sum, bytes) => sum + bytes, 0);
}

/** A new, empty encoder. */
export function createEncoder(): GpuEncoder {
  const operations: Operation[] = [];
  const result = (shape: Shape): GpuTensor => ({ shape, region: { bytes: elements(shape) * 4 }, start: 0 });
  const given = (tensor: Tensor) => tensor as GpuTensor;

  return {
    ...operationMethods((operation, shape) => {
      const out = result(shape);
      if (operation.kind === 'matmul') {
        for (const part of noteMatmul(operation.weight, given(operation.x), out)) operations.push(part);
      } else if (operation.kind === 'groupedMatmul') {
        const { weight, x, groups } = operation;
        for (const part of noteGroupedMatmul(weight, given(x), groups, out)) operations.push(part);
      } else if (operation.kind === 'topK') {
        const candidates = candidatesOf(given(operation.x), operation.count);
        operations.push({ ...operation, x: given(operation.x), out, ...(candidates && { candidates }) });
      } else {
        operations.push({ ...operation, out } as Operation);
      }
      return out;
    }),
    rows(x, start, count) {
      checkRows(x, start, count);
      const { region, start: before } = given(x);
      const [, width] = sizes(x);
      return { shape: [count, width], region, start: before + start * width } as GpuTensor;
    },
    copy(x, into) {
      checkCopy(x, into);
      let from = given(x);
      // A kernel cannot read and write the same buffer.
      if (from.region === given(into).region) {
        const out = result(x.shape);
        operations.push({ kind: 'copy', x: from, out });
        from = out;
      }
      operations.push({ kind: 'copy', x: from, out: given(into) });
    },
    get temporaryBytes() {
      // Weights that are loaded one by one, or in parts, may prevent fusion. So the result is the larger size of both cases.
      return Math.max(placedBytes(operations), placedBytes(fuse(operations, none)));
    },
    operations,
  };
}

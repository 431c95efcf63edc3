// Cases: each operation with the arguments in its file, compared with the reference. Further cases are about NaN, because a
// relative error does not detect NaN.
import { definitionOf, operationKinds, type OperationKind } from '../operations/index.ts';
import type { OperationCase } from '../operations/operation.ts';
import type { Encoder } from '../backend.ts';
import type { Tensor } from '../tensors.ts';
import { bench, compare, type Bench } from './harness.ts';
import type { ConformanceCase } from './case.ts';

/** For float32 sums in another order than the sums of the reference. */
const FLOAT_TOLERANCE = 1e-5;

/** A function that encodes an operation with the arguments of one of its cases. */
export async function encodingOf(
  kind: OperationKind,
  one: OperationCase<readonly unknown[]>,
  on: Bench,
): Promise<(e: Encoder) => Tensor> {
  const args = await on.operands(one.arguments);
  return (e) => (e[kind] as (...given: readonly unknown[]) => Tensor)(...args);
}

function caseOf(kind: OperationKind, one: OperationCase<readonly unknown[]>, index: number): ConformanceCase {
  return {
    name: `${kind}, ${one.name}`,
    async run(make) {
      const backend = await make();
      await compare(backend, index, one.tolerance ?? FLOAT_TOLERANCE, async (on) =>
        on.run(await encodingOf(kind, one, on)),
      );
      await backend.dispose();
    },
  };
}

/** The operations. */
export const operationCases: readonly ConformanceCase[] = [
  ...operationKinds.flatMap((kind) => definitionOf(kind).cases.map((one, index) => caseOf(kind, one, index))),
  {
    name: 'topK, NaN comes first',
    async run(make) {
      const backend = await make();
      const on = bench(backend, 3);
      const x = await on.input([2, 40], [1, 2, Number.NaN]);
      const [best, , column] = await on.run((e) => e.topK(x, 2));
      if (!Number.isNaN(best) || column !== 2) throw new Error(`${best} of column ${column} came first.`);
      await backend.dispose();
    },
  },
];

// How long each operation takes on one token, with the arguments that the operation's own file names for benchmarks.
import { summarize, type Summary } from '@rondo/bench-shared';
import { definitionOf, operationKinds, type Backend, type OperationKind, type Tensor } from '@rondo/tensor';
import { bench } from '@rondo/tensor/conformance';

/** Microseconds that one operation takes, with so many threads. */
export interface TimedOperation {
  readonly kind: OperationKind;
  readonly threads: number;
  readonly us: Summary;
}

/** Operations of one list: together they take longer than a submission. */
const OPERATIONS = 200;

/** Measures all operations that have a timed case. */
export async function measureOperations(
  backend: Backend,
  threads: number,
  repetitions: number,
): Promise<TimedOperation[]> {
  const timed: TimedOperation[] = [];
  for (const kind of operationKinds) {
    const one = definitionOf(kind).cases.find(({ isTimed }) => isTimed);
    if (!one) continue;
    const args = await bench(backend, 1).operands(one.arguments);
    const samples: number[] = [];
    for (let repetition = -1; repetition < repetitions; repetition++) {
      const encoder = backend.encoder();
      for (let i = 0; i < OPERATIONS; i++)
        (encoder[kind] as (...given: readonly unknown[]) => Tensor)(...args);
      const start = performance.now();
      await backend.submit(encoder);
      if (repetition >= 0) samples.push(((performance.now() - start) * 1000) / OPERATIONS);
    }
    timed.push({ kind, threads, us: summarize(samples) });
  }
  return timed;
}

// Measures what a submission costs, and what each operation costs besides its arithmetic.
import { setImmediate } from 'node:timers/promises';
import { summarize, type Summary } from '@rondo/bench-shared';
import type { Backend, Encoder, Tensor, Weight } from '@rondo/tensor';
import { loadWeights } from './weights.ts';

/** Costs in microseconds, with a number of threads. */
export interface Overhead {
  readonly threads: number;
  /** From the submission of an empty list until the caller continues. */
  readonly submissionUs: Summary;
  /**
   * An addition of 64 values that needs the previous addition: nearly free with one thread, a barrier with several
   * threads.
   */
  readonly dependentOperationUs: Summary;
  /** On the calling thread: recording an operation, planning it and writing its command. */
  readonly encodingUs: Summary;
}

/** Operations of one list. */
const OPERATIONS = 1000;
/** Lists in a row. Together they take longer than waking the host, which would otherwise hide them. */
const LISTS = 20;

/** Measures a backend of `threads` threads. */
export async function measureOverhead(
  backend: Backend,
  threads: number,
  repetitions: number,
): Promise<Overhead> {
  const x = backend.tensor([1, 64]);
  await backend.write(x, new Float32Array(64).fill(1e-3));
  const busy = await longWork(backend, threads);
  const samples = {
    submission: [] as number[],
    dependent: [] as number[],
    encoding: [] as number[],
  };
  for (let repetition = -1; repetition < repetitions; repetition++) {
    const submission = await submissionUs(backend, 200);
    const dependent = await operationUs(backend, busy, (encoder) => {
      let last: Tensor = x;
      for (let i = 0; i < OPERATIONS; i++) last = encoder.add(last, x);
    });
    if (repetition < 0) continue;
    samples.submission.push(submission);
    samples.dependent.push(dependent.executedUs);
    samples.encoding.push(dependent.encodedUs);
  }
  return {
    threads,
    submissionUs: summarize(samples.submission),
    dependentOperationUs: summarize(samples.dependent),
    encodingUs: summarize(samples.encoding),
  };
}

interface LongWork {
  readonly weight: Weight;
  readonly x: Tensor;
  /** The number of products that keep all threads at work for about a tenth of a second. */
  readonly products: number;
}

/** A product, and how often it must be repeated to outlast the encoding of all lists. */
async function longWork(backend: Backend, threads: number): Promise<LongWork> {
  const width = 1024;
  const { matrices } = await loadWeights(backend, { dtype: 'F32', width, count: 1, bytes: 4 << 20 });
  const [weight] = matrices;
  if (!weight) throw new Error('unreachable');
  const x = backend.tensor([256, width]);
  await backend.write(x, new Float32Array(256 * width).fill(1));
  return { weight, x, products: 5 * threads };
}

async function submissionUs(backend: Backend, count: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < count; i++) await backend.submit(backend.encoder());
  return ((performance.now() - start) * 1000) / count;
}

/** Submitted behind longer work, so that the host's part is done before the operations begin. */
async function operationUs(
  backend: Backend,
  busy: LongWork,
  encode: (encoder: Encoder) => void,
): Promise<{ executedUs: number; encodedUs: number }> {
  const before = backend.encoder();
  for (let i = 0; i < busy.products; i++) before.matmul(busy.weight, busy.x);
  const busyDone = backend.submit(before);
  await setImmediate();
  const start = performance.now();
  const done = Array.from({ length: LISTS }, () => {
    const encoder = backend.encoder();
    encode(encoder);
    return backend.submit(encoder);
  });
  const encoded = performance.now();
  await busyDone;
  const begun = performance.now();
  await Promise.all(done);
  const end = performance.now();
  return {
    executedUs: ((end - begun) * 1000) / (OPERATIONS * LISTS),
    encodedUs: ((encoded - start) * 1000) / (OPERATIONS * LISTS),
  };
}

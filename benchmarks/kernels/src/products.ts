// How fast matrix products read weights, compared with the bandwidth of plain reading. Both run in turns, so that other
// work of the machine affects both alike.
import { supportedDtypes } from '@rondo/backend-cpu';
import { summarize, type Summary } from '@rondo/bench-shared';
import type { Backend, DType, PersistentTensor, Weight } from '@rondo/tensor';
import { randomNumbers, randomValues } from '@rondo/tensor/conformance';
import type { Reader } from './reader.ts';
import { loadWeights, type Weights } from './weights.ts';

/** The sizes of the measurement. */
export interface Sizes {
  /** Columns of each weight. */
  readonly width: number;
  /** The number of matrices whose weights fit no cache. */
  readonly matrices: number;
  readonly matrixBytes: number;
  /** A weight that fits the cache of each core. */
  readonly cachedBytes: number;
  /** How often a submission reads the cached weight, for one token. */
  readonly cachedPasses: number;
  /** Tokens of a prompt. */
  readonly promptTokens: number;
  readonly repetitions: number;
}

/** One figure of the table. */
export interface Product {
  readonly dtype: DType;
  readonly threads: number;
  readonly weightsIn: 'memory' | 'cache';
  readonly tokens: number;
  /** Bytes of weights that one repetition reads. */
  readonly bytes: number;
  readonly gigabytesPerSecond: Summary;
  /** Counts a multiplication and an addition for each weight and token. */
  readonly gigaflopsPerSecond: Summary;
  /** Its speed divided by the speed of the plain reading right before it. */
  readonly shareOfReading: Summary;
}

/** Plain reading with the same number of threads. */
export interface Reading {
  readonly threads: number;
  readonly weightsIn: 'memory' | 'cache';
  readonly gigabytesPerSecond: Summary;
}

/** Repetitions that are not counted, in which the engine compiles the kernels for speed. */
const WARM_UP = 2;

/** A product whose time is measured. */
export interface ProductCase {
  readonly dtype: DType;
  readonly weightsIn: 'memory' | 'cache';
  readonly x: PersistentTensor;
  readonly bytes: number;
  readonly flops: number;
  /** The weights of one submission, in order. */
  weights(repetition: number): readonly Weight[];
}

/** Measures every data type that the backend has a kernel for. */
export async function measureProducts(
  backend: Backend,
  reader: Reader,
  threads: number,
  sizes: Sizes,
): Promise<{ products: Product[]; readings: Reading[] }> {
  const cases: (ProductCase & { readonly seconds: number[]; readonly shares: number[] })[] = [];
  for (const dtype of supportedDtypes) {
    const { products } = await createProductCases(backend, dtype, sizes);
    cases.push(...products.map((product) => ({ ...product, seconds: [], shares: [] })));
  }
  const speeds = { memory: [] as number[], cache: [] as number[] };

  for (let repetition = -WARM_UP; repetition < sizes.repetitions; repetition++) {
    for (const one of cases) {
      const readBytes = one.weightsIn === 'memory' ? sizes.matrices * sizes.matrixBytes : sizes.cachedBytes;
      const passes = one.weightsIn === 'memory' ? 1 : sizes.cachedPasses;
      const readSeconds = await secondsOf(() => reader.read(readBytes, passes));
      const seconds = await secondsOfProducts(backend, one, repetition + WARM_UP);
      if (repetition < 0) continue;
      const readSpeed = (readBytes * passes) / readSeconds;
      speeds[one.weightsIn].push(readSpeed / 1e9);
      one.seconds.push(seconds);
      one.shares.push(one.bytes / seconds / readSpeed);
    }
  }

  const products = cases.map(({ dtype, weightsIn, x, bytes, flops, seconds, shares }) => ({
    dtype,
    threads,
    weightsIn,
    tokens: x.shape[0] ?? 1,
    bytes,
    gigabytesPerSecond: summarize(seconds.map((time) => bytes / time / 1e9)),
    gigaflopsPerSecond: summarize(seconds.map((time) => flops / time / 1e9)),
    shareOfReading: summarize(shares),
  }));
  const readings = (['memory', 'cache'] as const).map((weightsIn) => ({
    threads,
    weightsIn,
    gigabytesPerSecond: summarize(speeds[weightsIn]),
  }));
  return { products, readings };
}

async function input(backend: Backend, rows: number, { width }: Sizes): Promise<PersistentTensor> {
  const tensor = backend.tensor([rows, width]);
  await backend.write(tensor, randomValues(rows * width, randomNumbers(2)));
  return tensor;
}

/** The products of one data type: one token and a prompt, with weights in memory and in cache. */
export async function createProductCases(
  backend: Backend,
  dtype: DType,
  sizes: Sizes,
): Promise<{ products: ProductCase[]; free: () => void }> {
  const { width, matrices, matrixBytes, cachedBytes, cachedPasses } = sizes;
  const [one, prompt] = await Promise.all([1, sizes.promptTokens].map((rows) => input(backend, rows, sizes)));
  if (!one || !prompt) throw new Error('unreachable');
  const large = await loadWeights(backend, { dtype, width, count: matrices, bytes: matrixBytes });
  const small = await loadWeights(backend, { dtype, width, count: 1, bytes: cachedBytes });
  const promptPasses = Math.max(1, Math.round(cachedPasses / 64));

  function create(
    weightsIn: 'memory' | 'cache',
    weights: Weights,
    x: PersistentTensor,
    products: number,
  ): ProductCase {
    const { matrices, rows, matrixBytes } = weights;
    return {
      dtype,
      weightsIn,
      x,
      bytes: matrixBytes * products,
      flops: 2 * rows * width * products * (x.shape[0] ?? 1),
      // A different matrix each time, because the last matrix might still be in cache.
      weights: (repetition) =>
        Array.from({ length: products }, (_, index) => at(matrices, repetition * products + index)),
    };
  }

  return {
    products: [
      create('memory', large, one, matrices),
      create('memory', large, prompt, 1),
      create('cache', small, one, cachedPasses),
      create('cache', small, prompt, promptPasses),
    ],
    free: () => {
      for (const memory of [large, small, one, prompt]) memory.free();
    },
  };
}

/** Element `index` of the list repeated without end. */
function at<T>(list: readonly T[], index: number): T {
  const value = list[index % list.length];
  if (value === undefined) throw new RangeError('An empty list');
  return value;
}

/** The time of one submission, in seconds. */
export async function secondsOfProducts(
  backend: Backend,
  { x, weights }: ProductCase,
  repetition: number,
): Promise<number> {
  const encoder = backend.encoder();
  for (const weight of weights(repetition)) encoder.matmul(weight, x);
  // Reading this property makes the encoder plan the work before the clock starts.
  if (encoder.temporaryBytes === 0) throw new Error('unreachable');
  return secondsOf(() => backend.submit(encoder));
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

// The CPU kernels of two checkouts in one process. The two run in turns, a few milliseconds each, so that a machine whose
// speed changes within seconds affects both alike.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  createProductCases,
  secondsOfProducts,
  type ProductCase,
  type Sizes,
} from '@rondo/bench-kernels/products';
import type { Backend, DType } from '@rondo/tensor';
import { compare, type Comparison } from './rows.ts';

const matrices = 8;
const sizes: Sizes = {
  width: 4096,
  matrices,
  matrixBytes: (32 / matrices) * 2 ** 20,
  cachedBytes: 512 * 1024,
  cachedPasses: 64,
  promptTokens: 64,
  repetitions: 0,
};
/** Rounds that are not counted, in which the engine compiles the kernels for speed. */
const WARM_UP = 2;

/** The part of `@rondo/backend-cpu` that the comparison uses. */
interface CpuPackage {
  readonly supportedDtypes: readonly DType[];
  cpu(options: { threads: number }): Promise<Backend>;
}

/** Compares the data types that both checkouts have a kernel for, or those of `only`, `rounds` times in turns. */
export async function compareKernels(
  checkouts: Readonly<Record<'before' | 'after', string>>,
  rounds: number,
  only?: readonly string[],
): Promise<Comparison[]> {
  const [before, after] = await Promise.all([load(checkouts.before), load(checkouts.after)]);
  const dtypes = after.supportedDtypes.filter(
    (dtype) => before.supportedDtypes.includes(dtype) && (only?.includes(dtype) ?? true),
  );
  const rows: Comparison[] = [];
  for (const threads of [1, 2]) {
    const backends = [await before.cpu({ threads }), await after.cpu({ threads })] as const;
    for (const dtype of dtypes) {
      console.error(`${dtype}, ${threads} threads …`);
      rows.push(...(await compareType(backends, dtype, threads, rounds)));
    }
    for (const backend of backends) await backend.dispose();
  }
  return rows;
}

async function load(checkout: string): Promise<CpuPackage> {
  const path = join(checkout, 'packages/backend-cpu/src/index.ts');
  return (await import(pathToFileURL(path).href)) as CpuPackage;
}

async function compareType(
  backends: readonly [Backend, Backend],
  dtype: DType,
  threads: number,
  rounds: number,
): Promise<Comparison[]> {
  const [before, after] = [
    await createProductCases(backends[0], dtype, sizes),
    await createProductCases(backends[1], dtype, sizes),
  ];
  const rows: Comparison[] = [];
  for (const [index, product] of after.products.entries()) {
    const earlier = before.products[index];
    if (!earlier) throw new Error('unreachable');
    const speeds: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds + WARM_UP; round++) {
      const turns = [() => speed(backends[0], earlier, round), () => speed(backends[1], product, round)];
      // Every second round begins with the other checkout, so that neither always runs first.
      for (const turn of round % 2 === 0 ? [0, 1] : [1, 0]) {
        const value = await turns[turn]?.();
        if (round >= WARM_UP && value !== undefined) speeds[turn]?.push(value);
      }
    }
    const row = `${dtype}, ${product.x.shape[0]} tokens, ${threads} threads, weights in ${product.weightsIn}: GB/s`;
    rows.push(compare(row, false, ...speeds));
  }
  before.free();
  after.free();
  return rows;
}

/** Gigabytes of weights a second. */
async function speed(backend: Backend, product: ProductCase, round: number): Promise<number> {
  return product.bytes / (await secondsOfProducts(backend, product, round)) / 1e9;
}

// Cases: weights in parts, and weights that are leased only when a submission needs them.
import type { Backend, Encoder, LeaseWeight, WeightLease } from '../backend.ts';
import type { Tensor, Weight, WeightRef } from '../tensors.ts';
import { layoutOf, rowBytes, type DType } from '../dtype.ts';
import { bench, bytesSource, compare, failsWith, refsTo, sameBits } from './harness.ts';
import type { ConformanceCase } from './case.ts';
import { randomNumbers, randomValues, randomWeights } from './random.ts';

/** Numbers of rows of the parts of a matrix. */
const PART_ROWS = [1, 30, 2, 37];
const ROWS = 70;

/** A matrix in one slot, as a whole and in parts. */
async function matrix(
  backend: Backend,
  dtype: DType,
  width: number,
): Promise<{ whole: Weight; parts: Weight[] }> {
  const bytes = rowBytes(dtype, width);
  const file = new Uint8Array(bytes * ROWS + 64);
  file.set(randomWeights(dtype, ROWS, width, randomNumbers(8)));
  const slot = backend.slot([{ offset: 0, bytes: bytes * ROWS }], 1);
  await slot.fill(bytesSource(file));
  const parts: Weight[] = [];
  let row = 0;
  for (const rows of PART_ROWS) {
    // Each part has its own slot. The offset of the part in the file need not be a multiple of 64.
    const own = backend.slot([{ offset: row * bytes, bytes: rows * bytes }], 1);
    await own.fill(bytesSource(file));
    parts.push(own.weight(dtype, [rows, width], row * bytes));
    row += rows;
  }
  return { whole: slot.weight(dtype, [ROWS, width], 0), parts };
}

/** Weights of a layer with norms and biases, F32 in one slot, in the order in which `encodeLayer` uses them. */
async function layerWeights(backend: Backend): Promise<Weight[]> {
  const shapes = [[64], [64], [16], [64, 64], [64], [64, 64], [64], [64, 64]];
  const sizes = shapes.map((shape) => shape.reduce((product, size) => product * size, 4));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const random = randomNumbers(10);
  const slot = backend.slot([{ offset: 0, bytes }], 1);
  await slot.fill(bytesSource(new Uint8Array(randomValues(bytes / 4, random).buffer)));
  let offset = 0;
  return shapes.map((shape, i) => {
    const weight = slot.weight('F32', shape, offset);
    offset += sizes[i] ?? 0;
    return weight;
  });
}

/** Two products with biases, one after a norm of heads and one before a sum, and a product without a bias. */
function encodeLayer(e: Encoder, x: Tensor, weights: readonly Weight[]): Tensor {
  const [norm, normBias, headNorm, first, firstBias, second, secondBias, last] = weights;
  if (!norm || !normBias || !headNorm || !first || !firstBias || !second || !secondBias || !last)
    throw new RangeError('A layer has eight weights.');
  const h = e.rmsNorm(e.addRow(e.layerNorm(x, norm, 1e-5), normBias), headNorm, 1e-5);
  const a = e.addRow(e.matmul(first, h), firstBias);
  const b = e.addRow(e.matmul(second, h), secondBias);
  return e.matmul(last, e.gated(e.add(x, b), a, 'silu'));
}

/** Leases the weights of `refsTo`, and records the segments of the requests. */
function lender(loaded: readonly Weight[], before?: (segment: number) => Promise<void> | undefined) {
  const asked: number[] = [];
  let held = 0;
  const give = ({ segment }: WeightRef): WeightLease => {
    const found = loaded[segment];
    if (!found) throw new Error('Asked for a weight that the encoder was not given.');
    held += 1;
    let released = false;
    return {
      weight: found,
      release() {
        if (released) throw new Error('Released twice.');
        released = true;
        held -= 1;
      },
    };
  };
  const lease: LeaseWeight = (weight) => {
    asked.push(weight.segment);
    const waiting = before?.(weight.segment);
    return waiting ? waiting.then(() => give(weight)) : give(weight);
  };
  return {
    asked,
    lease,
    get held() {
      return held;
    },
  };
}

/** Cases of weights in parts, for each of the backend's data types, and of leased weights. */
export function weightCases(dtypes: readonly DType[]): ConformanceCase[] {
  return [
    ...dtypes.map((dtype) => ({
      name: `a ${dtype} matrix in parts gives the bits of the whole`,
      async run(make: () => Promise<Backend>) {
        const backend = await make();
        const width = Math.max(64, layoutOf(dtype).blockElements);
        const { whole, parts } = await matrix(backend, dtype, width);
        const on = bench(backend, 5);
        for (const tokens of [1, 4, 9]) {
          const x = await on.input([tokens, width]);
          const expected = await on.run((e) => e.matmul(whole, x));
          sameBits(
            await on.run((e) => e.matmul({ dtype, shape: whole.shape, parts }, x)),
            expected,
            `${tokens} tokens`,
          );
        }
        await backend.dispose();
      },
    })),
    {
      name: 'weights are leased in their turn, copies of refs too, and given back when the work is done',
      async run(make) {
        const backend = await make();
        const on = bench(backend, 6);
        const { whole, parts } = await matrix(backend, 'F32', 64);
        const norm = await on.weight('F32', [64]);
        const down = await on.weight('F32', [64, ROWS]);
        const x = await on.input([3, 64]);
        const expected = await on.run((e) => e.matmul(down, e.matmul(whole, e.rmsNorm(x, norm, 1e-6))));

        const all = [norm, ...parts, down];
        const [lateNorm, ...others] = refsTo(all);
        const lateDown = others.pop();
        if (!lateNorm || !lateDown) throw new RangeError('There is a ref to each weight.');
        const lent = lender(all, (segment) =>
          segment === lateDown.segment || segment === others[2]?.segment
            ? new Promise((resolve) => setTimeout(resolve, 5))
            : undefined,
        );
        const encoder = backend.encoder();
        const into = backend.tensor([3, 64]);
        const late = { dtype: whole.dtype, shape: whole.shape, parts: others.map((part) => ({ ...part })) };
        encoder.copy(
          encoder.matmul({ ...lateDown }, encoder.matmul(late, encoder.rmsNorm(x, { ...lateNorm }, 1e-6))),
          into,
        );
        const twice = backend.encoder();
        twice.copy(twice.add(into, into), into);
        const [first, second] = [backend.submit(encoder, lent.lease), backend.submit(twice)];
        await first;
        if (lent.held !== 0) throw new Error(`${lent.held} weights are still held.`);
        await second;
        if (lent.asked.join() !== [...all.keys()].join())
          throw new Error('The weights were not asked for once each, in the order of the operations.');
        sameBits(
          await backend.read(into),
          expected.map((value) => value * 2),
          'result',
        );
        await backend.dispose();
      },
    },
    {
      name: 'norms and biases that are leased give the bits of norms and biases in a slot, at once or awaited',
      async run(make) {
        const backend = await make();
        await compare(backend, 9, 1e-5, async (on) => {
          const weights = await layerWeights(on.backend);
          const x = await on.input([3, 64]);
          return on.run((e) => encodeLayer(e, x, weights));
        });
        const on = bench(backend, 9);
        const weights = await layerWeights(backend);
        const x = await on.input([3, 64]);
        const expected = await on.run((e) => encodeLayer(e, x, weights));
        const late = refsTo(weights);
        const every = [...weights.keys()];
        for (const awaited of [[], every, every.filter((i) => i % 2 === 0)]) {
          const lent = lender(weights, (segment) =>
            awaited.includes(segment) ? new Promise((resolve) => setTimeout(resolve, 1)) : undefined,
          );
          const into = backend.tensor([3, 64]);
          const encoder = backend.encoder();
          encoder.copy(encodeLayer(encoder, x, late), into);
          await backend.submit(encoder, lent.lease);
          if (lent.held !== 0) throw new Error(`${lent.held} weights are still held.`);
          if (lent.asked.join() !== every.join())
            throw new Error('The weights were not asked for once each, in the order of the operations.');
          sameBits(await backend.read(into), expected, `${awaited.length} weights awaited`);
        }
        await backend.dispose();
      },
    },
    {
      name: 'the work before a weight that is awaited is done meanwhile',
      async run(make) {
        const backend = await make();
        const on = bench(backend, 6);
        const [first, second] = [await on.weight('F32', [8, 8]), await on.weight('F32', [8, 8])];
        const x = await on.input([1, 8]);
        const [lateFirst = first, lateSecond = second] = refsTo([first, second]);
        const released = Promise.withResolvers<void>();
        const encoder = backend.encoder();
        const into = backend.tensor([1, 8]);
        encoder.copy(encoder.matmul(lateSecond, encoder.matmul(lateFirst, x)), into);
        // The second weight comes only after the release of the first weight, as in a cache with a single slot.
        await backend.submit(encoder, ({ segment }) =>
          segment === 0
            ? { weight: first, release: () => released.resolve() }
            : released.promise.then(() => ({ weight: second, release() {} })),
        );
        const expected = await on.run((e) => e.matmul(second, e.matmul(first, x)));
        sameBits(await backend.read(into), expected, 'result');
        await backend.dispose();
      },
    },
    {
      name: 'a weight that cannot be had fails its submission alone, and nothing stays leased',
      async run(make) {
        const backend = await make();
        const on = bench(backend, 6);
        const weight = await on.weight('F32', [8, 8]);
        const x = await on.input([1, 8]);
        const [good = weight, bad = weight] = refsTo([weight, weight]);
        const reason = new Error('no such weight');
        for (const wait of [false, true]) {
          const lent = lender([weight]);
          const into = backend.tensor([1, 8]);
          await backend.write(into, new Float32Array(8).fill(3));
          const encoder = backend.encoder();
          encoder.copy(encoder.matmul(bad, encoder.matmul(good, x)), into);
          const failing = backend.submit(encoder, (asked) => {
            if (asked.segment === 0) return lent.lease(asked);
            if (!wait) throw reason;
            return new Promise((_resolve, reject) => setTimeout(reject, 2, reason));
          });
          const next = backend.encoder();
          next.copy(next.add(into, into), into);
          const following = backend.submit(next);
          const error: unknown = await failing.then(
            () => undefined,
            (thrown: unknown) => thrown,
          );
          if (error !== reason) throw new Error(`Rejected with ${String(error)}`);
          await following;
          if (lent.held !== 0) throw new Error(`${lent.held} weights are still held.`);
          sameBits(await backend.read(into), new Float32Array(8).fill(6), 'what followed');
        }
        await failsWith('BAD_ARGUMENT', () => {
          const encoder = backend.encoder();
          encoder.copy(encoder.matmul(bad, x), backend.tensor([1, 8]));
          return backend.submit(encoder);
        });
        await backend.dispose();
      },
    },
    {
      name: 'parts that do not make up the matrix are refused when noted',
      async run(make) {
        const backend = await make();
        const on = bench(backend, 6);
        const part = await on.weight('F32', [4, 8]);
        const x = await on.input([1, 8]);
        const whole = { dtype: 'F32', shape: [8, 8] } as const;
        await failsWith('BAD_SHAPE', () => backend.encoder().matmul({ ...whole, parts: [part] }, x));
        await failsWith('BAD_SHAPE', () =>
          backend.encoder().matmul({ ...whole, parts: [part, { dtype: 'F16', shape: [4, 8] }] }, x),
        );
        await backend.dispose();
      },
    },
  ];
}

// Compares a backend with the reference: both get the same inputs, and the relative error of the result is measured.
import type { Backend, Encoder, SlotSource } from '../backend.ts';
import { rowBytes, type DType } from '../dtype.ts';
import type { KvLayerShape } from '../kv-cache.ts';
import type { CaseOperands } from '../operations/operation.ts';
import type { PersistentTensor, Shape, Tensor, Weight, WeightRef } from '../tensors.ts';
import { reference } from '../reference/index.ts';
import { elements } from '../shapes.ts';
import { randomNumbers, randomValues, randomWeights } from './random.ts';

/** The operands and methods of a case on one backend. The operands have the same values on every backend. */
export interface Bench {
  readonly backend: Backend;
  /** A tensor of random values, the first of which are replaced by `first`. */
  input(shape: Shape, first?: readonly number[]): Promise<PersistentTensor>;
  /** A random weight in a slot of its own. */
  weight(dtype: DType, shape: Shape): Promise<Weight>;
  /** Encodes and submits operations, and reads their result. */
  run(encode: (encoder: Encoder) => Tensor): Promise<Float32Array>;
  /** Makes operands, and resolves when all operands have their values. */
  operands<Made>(make: (on: CaseOperands) => Made): Promise<Made>;
}

/** A source over bytes in memory whose reads take a moment. */
export function bytesSource(bytes: Uint8Array, alignment = 1): SlotSource {
  return {
    size: bytes.length,
    alignment,
    async readInto(target, offset, options) {
      await Promise.resolve();
      options?.signal?.throwIfAborted();
      if (offset + target.length > bytes.length)
        throw new RangeError(`Read past the end: ${offset} + ${target.length} > ${bytes.length}`);
      target.set(bytes.subarray(offset, offset + target.length));
    },
  };
}

/** The layers of a cache of keys and values; all layers have the same shape. */
export function uniformKvLayers(layers: number, heads: number, headSize: number): KvLayerShape[] {
  return Array.from({ length: layers }, () => ({ heads, keySize: headSize, valueSize: headSize }));
}

/** A bench over `backend`; two benches with the same seed have the same values. */
export function bench(backend: Backend, seed: number): Bench {
  const random = randomNumbers(seed);

  async function operands<Made>(make: (on: CaseOperands) => Made): Promise<Made> {
    const filling: Promise<void>[] = [];
    const made = make({
      input(shape, first = []) {
        const tensor = backend.tensor(shape);
        const values = randomValues(elements(shape), random);
        values.set(first);
        filling.push(backend.write(tensor, values));
        return tensor;
      },
      weight(dtype, shape) {
        const width = shape.at(-1) ?? 1;
        const rows = elements(shape) / width;
        // An odd offset in a larger file, so that a backend does not rely on more alignment than the format guarantees.
        const offset = 4096 + 32;
        const file = new Uint8Array(offset + rowBytes(dtype, width) * rows + 100);
        file.set(randomWeights(dtype, rows, width, random), offset);
        const ranges = [{ offset, bytes: rowBytes(dtype, width) * rows }];
        const slot = backend.slot(ranges, 4096);
        filling.push(slot.fill(bytesSource(file, 4096)));
        return slot.weight(dtype, shape, offset);
      },
      states: (values) => backend.kvCache({ layers: [undefined], states: [values], capacity: 64 }),
    });
    await Promise.all(filling);
    return made;
  }

  return {
    backend,
    input: (shape, first) => operands((on) => on.input(shape, first)),
    weight: (dtype, shape) => operands((on) => on.weight(dtype, shape)),
    operands,
    async run(encode) {
      const encoder = backend.encoder();
      const result = encode(encoder);
      const into = backend.tensor(result.shape);
      encoder.copy(result, into);
      await backend.submit(encoder);
      const values = await backend.read(into);
      into.free();
      return values;
    },
  };
}

/** A `WeightRef` for each weight, each in a segment of its own. */
export function refsTo(weights: readonly Weight[]): WeightRef[] {
  return weights.map(({ dtype, shape }, segment) => ({ dtype, shape, layout: 'raw', segment, offset: 0 }));
}

/** ‖actual - expected‖ divided by `yardstick`. Default of `yardstick`: ‖expected‖. */
export function relativeError(actual: Float32Array, expected: Float32Array, yardstick?: number): number {
  let difference = 0;
  let size = 0;
  for (const [i, value] of expected.entries()) {
    difference += ((actual[i] ?? Number.NaN) - value) ** 2;
    size += value ** 2;
  }
  return Math.sqrt(difference) / Math.max(yardstick ?? Math.sqrt(size), 1e-15);
}

/** Runs one case on both backends. Throws if the relative error of the backend's result exceeds `tolerance`. */
export async function compare(
  backend: Backend,
  seed: number,
  tolerance: number,
  run: (on: Bench) => Promise<Float32Array>,
  yardstick?: number,
): Promise<void> {
  const actual = await run(bench(backend, seed));
  const expected = await run(bench(reference(), seed));
  if (actual.length !== expected.length)
    throw new Error(`${actual.length} values instead of ${expected.length}`);
  const error = relativeError(actual, expected, yardstick);
  if (!(error <= tolerance)) throw new Error(`Relative error ${error}, allowed ${tolerance}`);
}

/** Throws unless all values of `actual` and `expected` have the same bits. */
export function sameBits(actual: Float32Array, expected: Float32Array, what: string): void {
  const a = new Uint32Array(actual.buffer, actual.byteOffset, actual.length);
  const b = new Uint32Array(expected.buffer, expected.byteOffset, expected.length);
  const index = a.findIndex((bits, i) => bits !== b[i]);
  if (a.length !== b.length || index >= 0)
    throw new Error(`${what}: value ${index} is ${actual[index]} instead of ${expected[index]}`);
}

/** Throws unless `call` fails with a RondoError of this code. */
export async function failsWith(code: string, call: () => unknown): Promise<void> {
  let error: unknown;
  try {
    await call();
  } catch (thrown) {
    error = thrown;
  }
  if (!(error instanceof Error && 'code' in error && error.code === code))
    throw new Error(`Expected ${code}, got ${String(error)}`);
}

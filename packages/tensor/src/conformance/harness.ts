// How a case compares a backend with the reference: the same inputs through both, and the relative error of what comes out.
import type { Backend, Encoder, SlotSource } from '../backend.ts';
import { rowBytes, type DType } from '../dtype.ts';
import type { KvLayerShape } from '../kv-cache.ts';
import type { CaseOperands } from '../operations/operation.ts';
import type { PersistentTensor, Shape, Tensor, Weight, WeightRef } from '../tensors.ts';
import { reference } from '../reference/index.ts';
import { elements } from '../shapes.ts';
import { randomNumbers, randomValues, randomWeights } from './random.ts';

/** What a case works with on one backend: operands that are the same on every backend, at once or awaited. */
export interface Bench {
  readonly backend: Backend;
  /** A tensor of random values, the first of which are replaced by `first`. */
  input(shape: Shape, first?: readonly number[]): Promise<PersistentTensor>;
  /** A random weight in a slot of its own. */
  weight(dtype: DType, shape: Shape): Promise<Weight>;
  /** Encodes, submits and reads what the encoding gave. */
  run(encode: (encoder: Encoder) => Tensor): Promise<Float32Array>;
  /** Makes operands, and resolves when all have their values. */
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

/** Layers of a cache of keys and values that are all alike. */
export function uniformKvLayers(layers: number, heads: number, headSize: number): KvLayerShape[] {
  return Array.from({ length: layers }, () => ({ heads, keySize: headSize, valueSize: headSize }));
}

/** A bench over `backend`; two benches with the same seed see the same values. */
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
        // An odd place in a larger file, so that alignment is not taken for granted beyond what the format promises.
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

/** Refs to weights, each in a segment of its own. */
export function refsTo(weights: readonly Weight[]): WeightRef[] {
  return weights.map(({ dtype, shape }, segment) => ({ dtype, shape, layout: 'raw', segment, offset: 0 }));
}

/** ‖actual - expected‖ / ‖expected‖, or over another yardstick. */
function relativeError(actual: Float32Array, expected: Float32Array, yardstick?: number): number {
  let difference = 0;
  let size = 0;
  for (const [i, value] of expected.entries()) {
    difference += ((actual[i] ?? Number.NaN) - value) ** 2;
    size += value ** 2;
  }
  return Math.sqrt(difference) / Math.max(yardstick ?? Math.sqrt(size), 1e-15);
}

/** Runs one case on both backends and holds the backend's result to the reference's within `tolerance`. */
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

/** Throws unless the two are the same to the last bit. */
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

// Every operation, to be run on any backend with the same inputs; parity is measured with these operations.
import {
  ropeFrequencies,
  rowBytes,
  type Backend,
  type DType,
  type Encoder,
  type Rope,
  type Tensor,
} from '@rondo/tensor';
import { randomNumbers, randomValues, randomWeights } from '@rondo/tensor/conformance';

/** The inputs of an operation, the same on every backend. */
interface Inputs {
  readonly backend: Backend;
  input(...shape: readonly number[]): Promise<Tensor>;
  weight(dtype: DType, ...shape: readonly number[]): ReturnType<typeof loadWeight>;
}

/** One operation in a realistic size. */
export interface MeasuredOperation {
  readonly name: string;
  /** Prepares the inputs, and returns the function that encodes the operation. */
  prepare(inputs: Inputs): Promise<(encoder: Encoder) => Tensor>;
}

async function loadWeight(backend: Backend, bytes: Uint8Array, dtype: DType, shape: readonly number[]) {
  const slot = backend.slot([{ offset: 0, bytes: bytes.length }], 4);
  await slot.fill({
    size: bytes.length,
    alignment: 4,
    readInto: async (target, offset) => target.set(bytes.subarray(offset, offset + target.length)),
  });
  return slot.weight(dtype, shape, 0);
}

function inputsOn(backend: Backend): Inputs {
  const random = randomNumbers(11);
  return {
    backend,
    async input(...shape) {
      const tensor = backend.tensor(shape);
      const count = shape.reduce((product, size) => product * size, 1);
      await backend.write(tensor, randomValues(count, random));
      return tensor;
    },
    weight(dtype, ...shape) {
      const width = shape.at(-1) ?? 1;
      const rows = shape.reduce((product, size) => product * size, 1) / width;
      const bytes = randomWeights(dtype, rows, width, random);
      if (bytes.length !== rowBytes(dtype, width) * rows) throw new RangeError('A row was not whole blocks.');
      return loadWeight(backend, bytes, dtype, shape);
    },
  };
}

/** The result of the operation on this backend. */
export async function resultOf(operation: MeasuredOperation, backend: Backend): Promise<Float32Array> {
  const encode = await operation.prepare(inputsOn(backend));
  const encoder = backend.encoder();
  const result = encode(encoder);
  const into = backend.tensor(result.shape);
  encoder.copy(result, into);
  await backend.submit(encoder);
  return backend.read(into);
}

/** ‖actual - expected‖ / ‖expected‖. */
export function relativeError(actual: Float32Array, expected: Float32Array): number {
  const norm = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0));
  return norm(actual.map((value, i) => value - (expected[i] ?? Number.NaN))) / norm(expected);
}

const matmul = (dtype: DType, tokens: number): MeasuredOperation => ({
  name: `matmul ${dtype}, ${tokens === 1 ? 'one token' : `${tokens} tokens`}`,
  async prepare({ input, weight }) {
    const w = await weight(dtype, 200, 512);
    const x = await input(tokens, 512);
    return (e) => e.matmul(w, x);
  },
});

const rope = (kind: Rope['kind']): MeasuredOperation => ({
  name: `rope, ${kind}`,
  async prepare({ input }) {
    const x = await input(5, 256);
    const options: Rope = { kind, headSize: 64, dimensions: 64, frequencies: ropeFrequencies(64, 500_000) };
    return (e) => e.rope(x, [{ position: 4000, tokens: 5 }], options);
  },
});

const attention = (name: string, window?: number, softcap?: number): MeasuredOperation => ({
  name: `attention, ${name}`,
  async prepare({ backend, input }) {
    const [tokens, heads, kvHeads, headSize] = [300, 8, 2, 64];
    const cache = backend.kvCache({
      layers: [{ heads: kvHeads, keySize: headSize, valueSize: headSize }],
      capacity: tokens,
    });
    const [q, k, v] = [
      await input(tokens, heads * headSize),
      await input(tokens, kvHeads * headSize),
      await input(tokens, kvHeads * headSize),
    ];
    return (e) =>
      e.attention(q, k, v, [{ cache, position: 0, tokens }], { layer: 0, scale: 0.125, window, softcap });
  },
});

const gated = (activation: 'silu' | 'gelu'): MeasuredOperation => ({
  name: `gated, ${activation}`,
  async prepare({ input }) {
    const [gate, up] = [await input(3, 1000), await input(3, 1000)];
    return (e) => e.gated(gate, up, activation);
  },
});

/** Every operation of the encoder, with a product for each of `dtypes`. */
export function measuredOperations(dtypes: readonly DType[]): readonly MeasuredOperation[] {
  return [
    ...dtypes.flatMap((dtype) => [matmul(dtype, 1), matmul(dtype, 40)]),
    {
      name: 'rmsNorm',
      async prepare({ input, weight }) {
        const w = await weight('F32', 1000);
        const x = await input(3, 1000);
        return (e) => e.rmsNorm(x, w, 1e-5);
      },
    },
    rope('interleaved'),
    rope('halves'),
    attention('grouped heads'),
    attention('a window of 100', 100),
    attention('capped scores', undefined, 20),
    gated('silu'),
    gated('gelu'),
    {
      name: 'add',
      async prepare({ input }) {
        const [a, b] = [await input(3, 1000), await input(3, 1000)];
        return (e) => e.add(a, b);
      },
    },
    {
      name: 'topK',
      async prepare({ input }) {
        const x = await input(2, 10_000);
        return (e) => e.topK(x, 40);
      },
    },
    {
      name: 'getRows, scatterAdd',
      async prepare({ input }) {
        const [x, y] = [await input(5, 100), await input(2, 100)];
        return (e) => e.scatterAdd(e.getRows(x, [4, 0, 2]), y, [2, 0], [0.5, 2]);
      },
    },
    {
      name: 'rows, copy',
      async prepare({ input }) {
        const x = await input(5, 100);
        return (e) => e.rows(x, 2, 2);
      },
    },
  ];
}

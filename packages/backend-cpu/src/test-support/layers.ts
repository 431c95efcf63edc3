// The backend's operations in the order of a model, and the bits of the results.
import { ropeFrequencies, type Backend, type DType, type Rope, type Weight } from '@rondo/tensor';
import {
  randomNumbers,
  randomWeights,
  uniformKvLayers,
  type ConformanceCase,
} from '@rondo/tensor/conformance';
import { TRAVELLING_ROWS } from '../transfers.ts';

/** The bits of the NaN that replaces every NaN. */
const NAN = 0x7fc00000;
const isNaN32 = (bits: number) => (bits & 0x7fffffff) > 0x7f800000;

/** Runs a case; returns the bits of all values that the case has read from its backends. */
export async function bitsRead(
  run: ConformanceCase['run'],
  make: () => Promise<Backend>,
): Promise<Uint32Array[]> {
  const reads: Uint32Array[] = [];
  await run(async () => {
    const backend = await make();
    return {
      ...backend,
      async read(tensor, rows) {
        const values = await backend.read(tensor, rows);
        // WebAssembly does not define the sign of a NaN.
        reads.push(new Uint32Array(values.buffer.slice(0)).map((bits) => (isNaN32(bits) ? NAN : bits)));
        return values;
      },
    };
  });
  return reads;
}

/** A weight in its own slot. */
export async function loadWeight(
  backend: Backend,
  dtype: DType,
  shape: [number, number] | [number],
  seed: number,
): Promise<Weight> {
  const [width, rows = 1] = shape.toReversed() as [number, number?];
  return weightOf(backend, dtype, shape, randomWeights(dtype, rows, width, randomNumbers(seed)));
}

/** A weight of these bytes, in its own slot. */
export async function weightOf(
  backend: Backend,
  dtype: DType,
  shape: readonly number[],
  bytes: Uint8Array,
): Promise<Weight> {
  const slot = backend.slot([{ offset: 0, bytes: bytes.length }], 1);
  await slot.fill({
    size: bytes.length,
    alignment: 1,
    readInto: async (target, offset) => target.set(bytes.subarray(offset, offset + target.length)),
  });
  return slot.weight(dtype, shape, 0);
}

/** Layers of two sequences: first more rows than are copied at once, then one row each. Each layer is a submission. */
export async function layers(make: () => Promise<Backend>): Promise<void> {
  const backend = await make();
  const [width, headSize] = [256, 32];
  const norm = await loadWeight(backend, 'F32', [width], 1);
  const q = await loadWeight(backend, 'Q4_K', [width, width], 2);
  const k = await loadWeight(backend, 'Q8_0', [width / 2, width], 3);
  const v = await loadWeight(backend, 'F16', [width / 2, width], 4);
  const out = await loadWeight(backend, 'Q4_0', [width, width], 5);
  const up = await loadWeight(backend, 'Q6_K', [3 * width, width], 6);
  const down = await loadWeight(backend, 'IQ3_S', [width, 3 * width], 7);
  const caches = [1, 2].map(() =>
    backend.kvCache({ layers: uniformKvLayers(3, width / 2 / headSize, headSize), capacity: 300 }),
  );
  const frequencies = ropeFrequencies(headSize, 1e4);
  const rope: Rope = { kind: 'halves', headSize, dimensions: headSize, frequencies };
  const hidden = backend.tensor([3 * TRAVELLING_ROWS, width]);
  let position = 0;
  for (const tokens of [TRAVELLING_ROWS + 7, 1, 1]) {
    const spans = caches.map((cache) => ({ cache, position, tokens }));
    const random = randomNumbers(tokens);
    await backend.write(
      hidden,
      Float32Array.from({ length: 2 * tokens * width }, () => random() - 0.5),
    );
    for (let layer = 0; layer < 3; layer++) {
      const e = backend.encoder();
      const x = e.rows(hidden, 0, 2 * tokens);
      const h = e.rmsNorm(x, norm, 1e-5);
      const a = e.attention(
        e.rope(e.matmul(q, h), spans, rope),
        e.rope(e.matmul(k, h), spans, rope),
        e.matmul(v, h),
        spans,
        { layer, scale: 0.2 },
      );
      const y = e.add(x, e.matmul(out, a));
      const u = e.matmul(up, e.rmsNorm(y, norm, 1e-5));
      e.copy(e.add(y, e.matmul(down, e.gated(u, u, 'silu'))), hidden);
      await backend.submit(e);
    }
    await backend.read(hidden, 2 * tokens);
    position += tokens;
  }
  await backend.dispose();
}

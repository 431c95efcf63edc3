// The reference backend. Its results define the operations. It computes in double precision on the caller's thread.
import { RondoError } from '@rondo/errors';
import type { Backend, ByteRange, Encoder, LeaseWeight, Slot } from '../backend.ts';
import { rowBytes } from '../dtype.ts';
import { formatOf } from '../formats/index.ts';
import {
  checkPositions,
  FIRST_ROUTE,
  slotsOf,
  stateBytes,
  type KvCache,
  stateValues,
  type KvCacheShape,
  type StateIndex,
} from '../kv-cache.ts';
import { definitionOf, operationMethods, weightOf } from '../operations/index.ts';
import type { GivenValues, StoredKeysAndValues } from '../operations/operation.ts';
import { checkCopy, checkRows, elements, unleasedWeight } from '../shapes.ts';
import { isWeightRef, type PersistentTensor, type Shape, type Tensor, type Weight } from '../tensors.ts';

interface ReferenceTensor extends Tensor {
  values: Float64Array;
}

interface ReferenceWeight extends Weight {
  values(): Float32Array;
}

interface ReferenceKvCache extends KvCache {
  /** The keys and values of each layer. */
  readonly stored: readonly StoredKeysAndValues[];
  /** The recurrent states, by layer, state and slot. */
  readonly recurrent: Map<string, Float64Array>;
}

interface ReferenceEncoder extends Encoder {
  run(leaseWeight: LeaseWeight | undefined): Promise<void>;
}

const widthOf = (shape: Shape) => shape.at(-1) ?? 1;
/** The backend that other backends are compared with. It is exact and slow. Values are float64. */
export function reference(): Backend {
  /** Resolves when the submissions so far have succeeded or failed. */
  let idle: Promise<unknown> = Promise.resolve();
  return {
    name: 'reference',
    description: 'TypeScript, float64',
    bytes: 0,
    maximumBytes: Number.POSITIVE_INFINITY,
    tensor: (shape): PersistentTensor & ReferenceTensor => ({
      shape,
      values: new Float64Array(elements(shape)),
      free() {},
    }),
    slotBytes: (ranges) => ranges.reduce((sum, { bytes }) => sum + bytes, 0),
    slot,
    kvCacheBytes,
    pagedBytes: 0,
    kvCache,
    encoder,
    submit(submitted, leaseWeight) {
      const done = idle.then(() => (submitted as ReferenceEncoder).run(leaseWeight));
      idle = done.catch(() => {});
      return done;
    },
    async write(tensor, values) {
      await idle;
      (tensor as PersistentTensor & ReferenceTensor).values.set(values);
    },
    async read(tensor, rows) {
      await idle;
      const { values, shape } = tensor as PersistentTensor & ReferenceTensor;
      return Float32Array.from(rows === undefined ? values : values.subarray(0, rows * widthOf(shape)));
    },
    async dispose() {},
  };
}

function kvCache(shape: KvCacheShape): ReferenceKvCache {
  const recurrent = new Map<string, Float64Array>();
  return {
    ...shape,
    bytes: kvCacheBytes(shape),
    bytesFor: (capacity) => kvCacheBytes({ ...shape, capacity }),
    positions: shape.capacity,
    reserve: (positions) => checkPositions(positions, shape.capacity),
    stored: shape.layers.map(() => ({ keys: [], values: [] })),
    recurrent,
    stateRoute: FIRST_ROUTE,
    stateTensor(index, slot): PersistentTensor & ReferenceTensor {
      const count = stateValues(shape, index, slot);
      const key = stateKey(index, slot);
      return {
        shape: [1, count],
        get values() {
          // Another slot may have the same array.
          const values = recurrent.get(key)?.slice() ?? new Float64Array(count);
          recurrent.set(key, values);
          return values;
        },
        free() {},
      };
    },
    free() {},
  };
}

/** The key of a state in `ReferenceKvCache.recurrent`. */
const stateKey = ({ layer, state }: StateIndex, slot: number) => `${layer} ${state} ${slot}`;

function kvCacheBytes(shape: KvCacheShape): number {
  const { layers, capacity } = shape;
  const layerBytes = layers.map((layer) => {
    if (!layer) return 0;
    const { heads, keySize, valueSize, keptPositions = Number.POSITIVE_INFINITY } = layer;
    return heads * (keySize + valueSize) * 8 * Math.min(capacity, keptPositions);
  });
  return layerBytes.reduce((sum, bytes) => sum + bytes, stateBytes(shape, 8));
}

function slot(ranges: readonly ByteRange[]): Slot {
  const parts = ranges.map((range) => ({ ...range, data: new Uint8Array(range.bytes) }));
  return {
    bytes: ranges.reduce((sum, { bytes }) => sum + bytes, 0),
    async fill(source, options) {
      for (const { data, offset } of parts) await source.readInto(data, offset, options);
    },
    weight(dtype, shape, offset): ReferenceWeight {
      const bytes = rowBytes(dtype, widthOf(shape)) * (elements(shape) / widthOf(shape));
      const part = parts.find((one) => offset >= one.offset && offset + bytes <= one.offset + one.bytes);
      if (!part)
        throw new RondoError('OUT_OF_RANGE', `The slot holds no ${bytes} bytes from ${offset} on.`, {
          details: { offset, bytes },
        });
      const start = offset - part.offset;
      return {
        dtype,
        shape,
        values() {
          const out = new Float32Array(elements(shape));
          formatOf(dtype).dequantize(part.data.subarray(start, start + bytes), out);
          return out;
        },
      };
    },
    free() {},
  };
}

/** The values of a weight. A `WeightRef` is leased while its values are read. */
async function weightValues(weight: Weight, leaseWeight: LeaseWeight | undefined): Promise<Float32Array> {
  if ('values' in weight) return (weight as ReferenceWeight).values();
  if (!leaseWeight || !isWeightRef(weight)) throw unleasedWeight(weight);
  const lease = await leaseWeight(weight);
  try {
    return (lease.weight as ReferenceWeight).values();
  } finally {
    lease.release();
  }
}

/** The values of a weight, as one matrix if the weight has parts. */
async function wholeWeightValues(
  weight: Weight | undefined,
  leaseWeight: LeaseWeight | undefined,
): Promise<Float32Array> {
  if (!weight) return new Float32Array();
  const values = new Float32Array(elements(weight.shape));
  let start = 0;
  for (const part of weight.parts ?? [weight]) {
    values.set(await weightValues(part, leaseWeight), start);
    start += elements(part.shape);
  }
  return values;
}

function encoder(): ReferenceEncoder {
  const steps: ((leaseWeight: LeaseWeight | undefined) => void | Promise<void>)[] = [];
  const valuesOf = (tensor: Tensor) => (tensor as ReferenceTensor).values;
  const given: Omit<GivenValues, 'weight'> = {
    values: valuesOf,
    stored: (cache, layer) => (cache as ReferenceKvCache).stored[layer] ?? { keys: [], values: [] },
    carry(span, index, values, through) {
      const { recurrent } = span.cache as ReferenceKvCache;
      const { from, to, keep } = slotsOf(span);
      const key = (slot: number) => stateKey(index, slot);
      const before = from === undefined ? undefined : recurrent.get(key(from));
      const after = through(before ?? new Float64Array(values));
      if (keep) recurrent.set(key(keep.slot), after(keep.afterTokens));
      recurrent.set(key(to), after(span.tokens));
    },
  };

  return {
    ...operationMethods((operation, shape) => {
      const out: ReferenceTensor = { shape, values: new Float64Array() };
      steps.push(async (leaseWeight) => {
        const weight = await wholeWeightValues(weightOf(operation), leaseWeight);
        out.values = definitionOf(operation.kind).compute(operation, { ...given, weight });
      });
      return out;
    }),
    temporaryBytes: 0,
    rows(x, start, count) {
      checkRows(x, start, count);
      const width = widthOf(x.shape);
      const out: ReferenceTensor = { shape: [count, width], values: new Float64Array() };
      steps.push(() => {
        out.values = valuesOf(x).slice(start * width, (start + count) * width);
      });
      return out;
    },
    copy(x, into) {
      checkCopy(x, into);
      steps.push(() => (into as PersistentTensor & ReferenceTensor).values.set(valuesOf(x)));
    },
    async run(leaseWeight) {
      for (const step of steps) await step(leaseWeight);
    },
  };
}

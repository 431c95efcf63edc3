// The reference backend: the Backend interface over `operations.ts`, on the caller's thread, in double precision.
import { RondoError } from '@rondo/errors';
import type {
  Backend,
  ByteRange,
  Encoder,
  KvCache,
  KvCacheDType,
  KvCacheShape,
  LeaseWeight,
  PersistentTensor,
  Shape,
  Slot,
  Span,
  Tensor,
  Weight,
} from '../backend.ts';
import { rowBytes } from '../dtype.ts';
import { formatOf } from '../formats/index.ts';
import {
  checkAttention,
  checkPositions,
  checkCopy,
  checkElementwise,
  checkGetRows,
  checkMatmul,
  checkRmsNorm,
  checkRope,
  checkRow,
  checkRows,
  checkScatterAdd,
  checkTopK,
  elements,
  kvLayerOf,
  sizes,
  unleasedWeight,
} from '../shapes.ts';
import { activate, attend, cap, layerNorm, matmul, rmsNorm, rope, topK } from './operations.ts';

interface ReferenceTensor extends Tensor {
  values: Float64Array;
}

interface ReferenceWeight extends Weight {
  values(): Float32Array;
}

interface ReferenceKvCache extends KvCache {
  /** By layer, position and head. */
  readonly keys: Float64Array[][][];
  readonly values: Float64Array[][][];
}

interface ReferenceEncoder extends Encoder {
  run(leaseWeight: LeaseWeight | undefined): Promise<void>;
}

const widthOf = (shape: Shape) => shape.at(-1) ?? 1;
const positionsOf = (spans: readonly Span[]) =>
  spans.flatMap(({ position, tokens }) => Array.from({ length: tokens }, (_, i) => position + i));

/** A backend that is right rather than fast: what others are compared with. Values are kept in float64. */
export function reference(): Backend {
  /** Resolves when the submissions so far are done, however they end. */
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
    kvCache: (shape): ReferenceKvCache => ({
      ...shape,
      bytes: kvCacheBytes(shape),
      bytesFor: (capacity) => kvCacheBytes({ ...shape, capacity }),
      positions: shape.capacity,
      reserve: (positions) => checkPositions(positions, shape.capacity),
      keys: shape.layers.map(() => []),
      values: shape.layers.map(() => []),
      free() {},
    }),
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

/** What is left of values that were stored in this type; all of them in F32, which is kept in float64 here. */
function roundTo(dtype: KvCacheDType, values: Float64Array): Float64Array {
  const { quantize, dequantize } = formatOf(dtype);
  if (dtype === 'F32' || !quantize) return values;
  const blocks = new Uint8Array(rowBytes(dtype, values.length));
  const out = new Float32Array(values.length);
  quantize(Float32Array.from(values), blocks);
  dequantize(blocks, out);
  return Float64Array.from(out);
}

function kvCacheBytes({ layers, capacity }: KvCacheShape): number {
  const layerBytes = layers.map((layer) => {
    if (!layer) return 0;
    const { heads, keySize, valueSize, keptPositions = Number.POSITIVE_INFINITY } = layer;
    return heads * (keySize + valueSize) * 8 * Math.min(capacity, keptPositions);
  });
  return layerBytes.reduce((sum, bytes) => sum + bytes, 0);
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

/** The values of a weight, leased for as long as that takes where it is only described. */
async function weightValues(weight: Weight, leaseWeight: LeaseWeight | undefined): Promise<Float32Array> {
  if ('values' in weight) return (weight as ReferenceWeight).values();
  if (!leaseWeight) throw unleasedWeight(weight);
  const lease = await leaseWeight(weight);
  try {
    return (lease.weight as ReferenceWeight).values();
  } finally {
    lease.release();
  }
}

function encoder(): ReferenceEncoder {
  const steps: ((leaseWeight: LeaseWeight | undefined) => void | Promise<void>)[] = [];

  function note(shape: Shape, compute: () => Float64Array): ReferenceTensor {
    const out: ReferenceTensor = { shape, values: new Float64Array() };
    steps.push(() => {
      out.values = compute();
    });
    return out;
  }

  /** The same with the values of a weight, all of its parts together. */
  function noteWith(
    weight: Weight,
    shape: Shape,
    compute: (weights: Float32Array) => Float64Array,
  ): ReferenceTensor {
    const out: ReferenceTensor = { shape, values: new Float64Array() };
    steps.push(async (leaseWeight) => {
      const weights = new Float32Array(elements(weight.shape));
      let start = 0;
      for (const part of weight.parts ?? [weight]) {
        weights.set(await weightValues(part, leaseWeight), start);
        start += elements(part.shape);
      }
      out.values = compute(weights);
    });
    return out;
  }

  const valuesOf = (tensor: Tensor) => (tensor as ReferenceTensor).values;
  /** The heads of a row. */
  const headsOf = (tensor: Tensor, row: number, headSize: number) => {
    const width = widthOf(tensor.shape);
    return Array.from({ length: width / headSize }, (_, head) =>
      valuesOf(tensor).slice(row * width + head * headSize, row * width + (head + 1) * headSize),
    );
  };

  return {
    temporaryBytes: 0,
    rmsNorm(x, weight, epsilon, size) {
      const width = checkRmsNorm(x, weight, size);
      const compute = (weights?: Float32Array) => rmsNorm(valuesOf(x), weights, epsilon, width);
      return weight ? noteWith(weight, x.shape, compute) : note(x.shape, compute);
    },
    layerNorm(x, weight, epsilon) {
      checkRow('layerNorm', x, weight);
      return noteWith(weight, x.shape, (weights) => layerNorm(valuesOf(x), weights, epsilon));
    },
    addRow(x, row) {
      checkRow('addRow', x, row);
      return noteWith(row, x.shape, (values) =>
        valuesOf(x).map((value, i) => value + (values[i % values.length] ?? Number.NaN)),
      );
    },
    matmul(weight, x) {
      checkMatmul(weight, x);
      const [outWidth = 0, inWidth = 0] = weight.shape;
      return noteWith(weight, [elements(x.shape) / inWidth, outWidth], (weights) =>
        matmul(valuesOf(x), weights, inWidth),
      );
    },
    rope(x, spans, options) {
      checkRope(x, spans, options);
      return note(x.shape, () => rope(valuesOf(x), widthOf(x.shape), positionsOf(spans), options));
    },
    attention(q, k, v, spans, options) {
      const resultWidth = checkAttention(q, k, v, spans, options);
      const { layer, scale, window = Number.POSITIVE_INFINITY, softcap } = options;
      const [rows, width] = sizes(q);
      return note([rows, resultWidth], () => {
        const out = new Float64Array(rows * resultWidth);
        let row = 0;
        for (const { cache, position, tokens } of spans) {
          const { dtype = 'F32', ...held } = cache as ReferenceKvCache;
          const { heads: kvHeads, keySize, valueSize } = kvLayerOf(cache, layer);
          const keys = held.keys[layer] ?? [];
          const values = held.values[layer] ?? [];
          const heads = width / keySize;
          for (let i = 0; i < tokens; i++) {
            if (k) keys[position + i] = headsOf(k, row + i, keySize).map((key) => roundTo(dtype, key));
            if (v)
              values[position + i] = headsOf(v, row + i, valueSize).map((value) => roundTo(dtype, value));
          }
          for (let i = 0; i < tokens; i++, row++) {
            const last = position + i;
            const first = Math.max(0, last + 1 - window);
            for (const [head, query] of headsOf(q, row, keySize).entries()) {
              const kvHead = Math.floor(head / (heads / kvHeads));
              const seen = (held: Float64Array[][]) =>
                held.slice(first, last + 1).map((one) => one[kvHead] ?? new Float64Array());
              const attended = attend(query, seen(keys), seen(values), scale, softcap);
              out.set(attended, row * resultWidth + head * valueSize);
            }
          }
        }
        return out;
      });
    },
    gated(gate, up, activation) {
      checkElementwise('gated', gate, up);
      return note(gate.shape, () =>
        valuesOf(gate).map((value, i) => activate(value, activation) * (valuesOf(up)[i] ?? Number.NaN)),
      );
    },
    activate(x, activation) {
      return note(x.shape, () => valuesOf(x).map((value) => activate(value, activation)));
    },
    scale(x, factor) {
      return note(x.shape, () => valuesOf(x).map((value) => value * factor));
    },
    softcap(x, most) {
      return note(x.shape, () => valuesOf(x).map((value) => cap(value, most)));
    },
    add(a, b) {
      checkElementwise('add', a, b);
      return note(a.shape, () => valuesOf(a).map((value, i) => value + (valuesOf(b)[i] ?? Number.NaN)));
    },
    topK(x, count) {
      checkTopK(x, count);
      return note([elements(x.shape) / widthOf(x.shape), 2 * count], () =>
        topK(valuesOf(x), widthOf(x.shape), count),
      );
    },
    getRows(x, rows) {
      checkGetRows(x, rows);
      const width = widthOf(x.shape);
      return note([rows.length, width], () =>
        Float64Array.from(rows.flatMap((row) => [...valuesOf(x).subarray(row * width, (row + 1) * width)])),
      );
    },
    scatterAdd(x, addend, rows, scales) {
      checkScatterAdd(x, addend, rows, scales);
      const width = widthOf(x.shape);
      return note(x.shape, () => {
        const out = new Float64Array(valuesOf(x));
        for (const [i, value] of valuesOf(addend).entries()) {
          const from = Math.floor(i / width);
          const to = (rows[from] ?? Number.NaN) * width + (i % width);
          out[to] = (out[to] ?? Number.NaN) + (scales[from] ?? Number.NaN) * value;
        }
        return out;
      });
    },
    rows(x, start, count) {
      checkRows(x, start, count);
      const width = widthOf(x.shape);
      return note([count, width], () => valuesOf(x).slice(start * width, (start + count) * width));
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

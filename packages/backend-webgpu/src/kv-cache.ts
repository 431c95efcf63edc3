// Caches of keys and values: their size and their buffers. `kernels/kv-places.ts` describes the layout of the buffers.
import { RondoError } from '@rondo/errors';
import {
  checkPositions,
  FIRST_ROUTE,
  stateBytes,
  stateValues,
  type KvCacheDType,
  type KvCacheShape,
  type KvLayerShape,
  type PersistentTensor,
} from '@rondo/tensor';
import type { GpuKvCache, GpuKvLayer, GpuTensor } from './gpu-tensors.ts';
import { MAX_VALUE_SIZE } from './kernels/attention.ts';
import { headBytes } from './kernels/kv-places.ts';
import type { GpuBuffer, Memory } from './memory.ts';

/** @throws RondoError `UNSUPPORTED` for heads that the kernels do not support, or that cannot be quantized */
function checkHeads({ keySize, valueSize }: KvLayerShape, dtype: KvCacheDType): void {
  if (valueSize > MAX_VALUE_SIZE) {
    throw new RondoError(
      'UNSUPPORTED',
      `Values of heads have at most ${MAX_VALUE_SIZE} numbers on a GPU, not ${valueSize}. Use the CPU backend.`,
      { details: { valueSize } },
    );
  }
  for (const headSize of [keySize, valueSize]) {
    if (dtype === 'F32' || headSize % 32 === 0) continue;
    throw new RondoError(
      'UNSUPPORTED',
      `Heads of ${headSize} values cannot be kept in ${dtype}: it takes a multiple of 32. Keep them in F32.`,
      { details: { headSize, dtype } },
    );
  }
}

/** The size of a layer. */
interface LayerBytes {
  readonly shape: KvLayerShape;
  /** Number of positions that the layer has room for. */
  readonly kept: number;
  readonly keysBytes: number;
  readonly valuesBytes: number;
}

/** The layers of a cache. @throws RondoError as `checkHeads` */
function layersOf({ layers, capacity, dtype = 'F32' }: KvCacheShape): readonly (LayerBytes | undefined)[] {
  return layers.map((shape) => {
    if (!shape) return undefined;
    checkHeads(shape, dtype);
    const { heads, keySize, valueSize, keptPositions = capacity } = shape;
    const kept = Math.min(keptPositions, capacity);
    return {
      shape,
      kept,
      keysBytes: heads * kept * headBytes(keySize, dtype),
      valuesBytes: heads * kept * headBytes(valueSize, dtype),
    };
  });
}

/** Bytes of keys and values of all layers, and of recurrent states. @throws RondoError as `checkHeads` */
export function kvCacheBytes(shape: KvCacheShape): number {
  return layersOf(shape).reduce(
    (sum, layer) => sum + (layer ? layer.keysBytes + layer.valuesBytes : 0),
    stateBytes(shape),
  );
}

/** Allocates a whole cache. @throws RondoError `OUT_OF_MEMORY`, `UNSUPPORTED` */
export function createKvCache(memory: Memory, shape: KvCacheShape): GpuKvCache {
  const bytes = kvCacheBytes(shape);
  const held: GpuBuffer[] = [];
  const free = () => {
    for (const buffer of held) buffer.free();
  };
  const allocate = (size: number) => {
    const buffer = memory.allocate(size);
    held.push(buffer);
    return buffer;
  };
  try {
    const kvLayers = layersOf(shape).map(
      (layer): GpuKvLayer | undefined =>
        layer && {
          ...layer.shape,
          kept: layer.kept,
          keys: allocate(layer.keysBytes),
          values: allocate(layer.valuesBytes),
        },
    );
    const { states = [], stateSlots = 1 } = shape;
    const recurrent = states.map((layer) =>
      layer.map((values) => ({ buffer: allocate(values * 4 * stateSlots), values })),
    );
    return {
      ...shape,
      kvLayers,
      recurrent,
      stateRoute: FIRST_ROUTE,
      bytes,
      bytesFor: () => bytes,
      positions: shape.capacity,
      reserve: (positions) => checkPositions(positions, shape.capacity),
      stateTensor(index, slot): PersistentTensor & GpuTensor {
        const values = stateValues(shape, index, slot);
        const buffer = recurrent[index.layer]?.[index.state]?.buffer;
        if (!buffer) throw new Error('unreachable');
        const region = { bytes: values * 4 * stateSlots, buffer };
        return { shape: [1, values], region, start: slot * values, free() {} };
      },
      free,
    };
  } catch (error) {
    free();
    throw error;
  }
}

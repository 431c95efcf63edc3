// Caches of keys and values: their size, their data types, and their pages.
import { RondoError } from '@rondo/errors';
import {
  checkPositions,
  FIRST_ROUTE,
  rowBytes,
  stateBytes,
  stateValues,
  type KvCacheDType,
  type KvCacheShape,
  type KvLayerShape,
  type PersistentTensor,
} from '@rondo/tensor';
import type { Arenas, Place } from './arenas.ts';
import type { CpuKvCache, CpuKvLayer, CpuState, CpuTensor } from './cpu-tensors.ts';
import { DECODED_BYTES } from './protocol.ts';

/** Largest head size of a quantized cache: the decoded head must fit the decoding buffer of a thread. */
const QUANTIZED_HEAD_SIZE = DECODED_BYTES / 4;

/**
 * Bytes of one head's key, or value, of one position.
 *
 * @throws RondoError `UNSUPPORTED` for heads that cannot be quantized
 */
function headBytes(headSize: number, dtype: KvCacheDType): number {
  if (dtype === 'Q8_0' && (headSize % 32 !== 0 || headSize > QUANTIZED_HEAD_SIZE)) {
    throw new RondoError(
      'UNSUPPORTED',
      `Heads of ${headSize} values cannot be kept in Q8_0: it takes a multiple of 32, at most ${QUANTIZED_HEAD_SIZE}. Keep them in F32.`,
      { details: { headSize, dtype } },
    );
  }
  return rowBytes(dtype, headSize);
}

/** A layer, and the bytes of its rows. */
type LayerBytes = Pick<CpuKvLayer, 'keyBytes' | 'valueBytes'> & {
  readonly shape: KvLayerShape;
  /** Bytes of a position, keys and values of all heads. */
  readonly positionBytes: number;
  /** Number of positions that the layer keeps if it overwrites older positions. Undefined: all positions of the cache. */
  readonly kept: number | undefined;
};

/** How a cache is laid out. */
interface Layout {
  readonly layers: readonly (LayerBytes | undefined)[];
  /** Number of positions in a page. */
  readonly pageTokens: number;
  readonly pageBytes: number;
  /** How many pages hold the whole capacity. */
  readonly pages: number;
  /** True: each page holds all layers that keep every position, one after the other. False: each layer has its own place. */
  readonly paged: boolean;
}

/**
 * The layout of a cache. An unpaged cache has one piece per layer, since layers can lie in several memories.
 *
 * @throws as `headBytes`
 */
function layoutOf({ layers, capacity, dtype = 'F32', pageBytes = Infinity }: KvCacheShape): Layout {
  const sized = layers.map((shape): LayerBytes | undefined => {
    if (!shape) return undefined;
    const keyBytes = headBytes(shape.keySize, dtype);
    const valueBytes = headBytes(shape.valueSize, dtype);
    const { keptPositions: kept = Infinity } = shape;
    const positionBytes = shape.heads * (keyBytes + valueBytes);
    return { shape, keyBytes, valueBytes, positionBytes, kept: kept < capacity ? kept : undefined };
  });
  const tokenBytes = sized.reduce(
    (sum, layer) => sum + (layer && layer.kept === undefined ? layer.positionBytes : 0),
    0,
  );
  const pageTokens = Math.max(1, Math.floor(pageBytes / tokenBytes));
  if (pageTokens >= capacity)
    return { layers: sized, pageTokens: capacity, pageBytes: 0, pages: 0, paged: false };
  return {
    layers: sized,
    pageTokens,
    pageBytes: Math.max(pageBytes, pageTokens * tokenBytes),
    pages: Math.ceil(capacity / pageTokens),
    paged: true,
  };
}

/** Bytes of the layers that are not in pages. */
function ownBytes({ layers, paged }: Layout, capacity: number): number {
  return layers.reduce(
    (sum, layer) =>
      sum +
      (layer && !(paged && layer.kept === undefined) ? layer.positionBytes * (layer.kept ?? capacity) : 0),
    0,
  );
}

/** Bytes of keys and values of all layers, and of recurrent states. @throws RondoError as `headBytes` */
export function kvCacheBytes(shape: KvCacheShape): number {
  const layout = layoutOf(shape);
  return ownBytes(layout, shape.capacity) + layout.pages * layout.pageBytes + stateBytes(shape);
}

/**
 * Allocates a cache: all of it, or its first page. All pages lie in the memory of the first page.
 *
 * @throws RondoError `OUT_OF_MEMORY`, `UNSUPPORTED`
 */
export function createKvCache(arenas: Arenas, shape: KvCacheShape): CpuKvCache {
  const { capacity, states = [], stateSlots = 1 } = shape;
  const layout = layoutOf(shape);
  const { pageTokens, pageBytes, paged } = layout;
  const pages: Place[] = [];
  const own: Place[] = [];

  function freeFrom(index: number): void {
    for (const page of pages.splice(index)) arenas.free(page);
  }

  function free(): void {
    freeFrom(0);
    for (const place of own.splice(0)) arenas.free(place);
  }

  function have(count: number): void {
    const before = pages.length;
    try {
      while (pages.length < count) pages.push(arenas.allocate(pageBytes, { memory: pages[0]?.memory }));
    } catch (error) {
      freeFrom(before);
      throw error;
    }
    freeFrom(count);
  }

  /** A layer outside of the pages. Its place holds `kept` positions; later positions overwrite the oldest positions. */
  function layerOfItsOwn({ shape: layer, positionBytes, kept = capacity, ...bytes }: LayerBytes): CpuKvLayer {
    const place = arenas.allocate(positionBytes * kept);
    own.push(place);
    return {
      ...layer,
      ...bytes,
      pageTokens: kept,
      region: place,
      pageAddresses: (from, to) =>
        Array.from({ length: Math.ceil(to / kept) - Math.floor(from / kept) }, () => place.address),
    };
  }

  /** A layer in the pages. The layers before it take `before` bytes per position. */
  function pagedLayer(first: Place, before: number, layer: LayerBytes): CpuKvLayer {
    const { shape: layerShape, positionBytes, kept: _, ...bytes } = layer;
    const address = (page: Place) => page.address + before * pageTokens;
    return {
      ...layerShape,
      ...bytes,
      pageTokens,
      region: { address: address(first), bytes: positionBytes * pageTokens, memory: first.memory },
      pageAddresses: (from, to) =>
        pages.slice(Math.floor(from / pageTokens), Math.ceil(to / pageTokens)).map(address),
    };
  }

  /**
   * Allocates a state in memory 0, because memory 0 also holds the activations of operations on the state. The state is zero, so
   * that a saved state never has values of earlier data.
   */
  function stateOf(values: number): CpuState {
    const place = arenas.allocate(values * 4 * stateSlots, { memory: 0 });
    own.push(place);
    arenas.view(place.memory, place.address, place.bytes).fill(0);
    return { ...place, values };
  }

  const kvLayers: (CpuKvLayer | undefined)[] = [];
  const recurrent: (readonly CpuState[])[] = [];
  try {
    for (const layer of states) recurrent.push(layer.map(stateOf));
    if (paged) have(1);
    const [first] = pages;
    let before = 0;
    for (const layer of layout.layers) {
      if (layer && first && layer.kept === undefined) {
        kvLayers.push(pagedLayer(first, before, layer));
        before += layer.positionBytes;
      } else kvLayers.push(layer && layerOfItsOwn(layer));
    }
  } catch (error) {
    free();
    throw error;
  }
  const fixedBytes = ownBytes(layout, capacity) + stateBytes(shape);
  const pagesFor = (positions: number) => (paged ? Math.max(1, Math.ceil(positions / pageTokens)) : 0);
  return {
    ...shape,
    kvLayers,
    recurrent,
    stateRoute: FIRST_ROUTE,
    get bytes() {
      return own.length + pages.length === 0 ? 0 : fixedBytes + pages.length * pageBytes;
    },
    bytesFor: (positions) => fixedBytes + pagesFor(positions) * pageBytes,
    get positions() {
      return paged ? Math.min(capacity, pages.length * pageTokens) : capacity;
    },
    reserve(positions) {
      checkPositions(positions, capacity);
      if (paged) have(pagesFor(positions));
    },
    stateTensor(index, slot): PersistentTensor & CpuTensor {
      const values = stateValues(shape, index, slot);
      const { address = 0 } = recurrent[index.layer]?.[index.state] ?? {};
      const bytes = values * 4;
      return {
        shape: [1, values],
        region: { address: address + slot * bytes, bytes },
        offsetBytes: 0,
        free() {},
      };
    },
    free,
  };
}

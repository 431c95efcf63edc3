// Caches of keys and values: how large they are, in which types they can be, and the pages that they lie in.
import { RondoError } from '@rondo/errors';
import { checkPositions, rowBytes, type KvCacheShape } from '@rondo/tensor';
import type { Arenas, Place } from './arenas.ts';
import type { CpuKvCache } from './cpu-tensors.ts';
import { DECODED_BYTES } from './protocol.ts';

/** Largest head that can be decoded. */
const QUANTIZED_HEAD_SIZE = DECODED_BYTES / 4;

/**
 * Bytes of one head's key, or value, of one position.
 *
 * @throws RondoError `UNSUPPORTED` for heads that cannot be quantized
 */
export function kvRowBytes({ headSize, dtype = 'F32' }: KvCacheShape): number {
  if (dtype === 'Q8_0' && (headSize % 32 !== 0 || headSize > QUANTIZED_HEAD_SIZE)) {
    throw new RondoError(
      'UNSUPPORTED',
      `Heads of ${headSize} values cannot be kept in Q8_0: it takes a multiple of 32, at most ${QUANTIZED_HEAD_SIZE}. Keep them in F32.`,
      { details: { headSize, dtype } },
    );
  }
  return rowBytes(dtype, headSize);
}

/** How a cache is cut into pages. */
interface Pages {
  /** Positions of a page. */
  readonly tokens: number;
  readonly bytes: number;
  /** How many hold the whole capacity. */
  readonly count: number;
  /** Whether a page is of one layer, or has all of them one behind the other. */
  readonly ofOneLayer: boolean;
}

/** One page a layer where all is taken at once, since layers can lie in several memories. @throws RondoError as `kvRowBytes` */
function pagesOf(shape: KvCacheShape): Pages {
  const { layers, heads, capacity, pageBytes = Infinity } = shape;
  const tokenBytes = 2 * layers * heads * kvRowBytes(shape);
  const tokens = Math.max(1, Math.floor(pageBytes / tokenBytes));
  if (tokens >= capacity)
    return { tokens: capacity, bytes: (capacity * tokenBytes) / layers, count: layers, ofOneLayer: true };
  const bytes = Math.max(pageBytes, tokens * tokenBytes);
  return { tokens, bytes, count: Math.ceil(capacity / tokens), ofOneLayer: false };
}

/** Bytes of keys and values of all layers. @throws RondoError as `kvRowBytes` */
export function kvCacheBytes(shape: KvCacheShape): number {
  const { bytes, count } = pagesOf(shape);
  return bytes * count;
}

/**
 * Allocates a cache: all of it, or its first page. All pages lie in the memory of the first.
 *
 * @throws RondoError `OUT_OF_MEMORY`, `UNSUPPORTED`
 */
export function createKvCache(arenas: Arenas, shape: KvCacheShape): CpuKvCache {
  const { layers, heads, capacity } = shape;
  const { tokens: pageTokens, bytes: pageBytes, count: most, ofOneLayer } = pagesOf(shape);
  const layerBytes = 2 * heads * pageTokens * kvRowBytes(shape);
  const pages: Place[] = [];

  function freeFrom(index: number): void {
    for (const page of pages.splice(index)) arenas.free(page);
  }

  function have(count: number): void {
    const before = pages.length;
    try {
      while (pages.length < count)
        pages.push(arenas.allocate(pageBytes, { memory: ofOneLayer ? undefined : pages[0]?.memory }));
    } catch (error) {
      freeFrom(before);
      throw error;
    }
    freeFrom(count);
  }

  /** Where a layer is in a page. */
  const partOf = ({ address, memory }: Place, layer: number): Place => ({
    address: address + (ofOneLayer ? 0 : layer * layerBytes),
    bytes: layerBytes,
    memory,
  });

  have(ofOneLayer ? most : 1);
  const firstOf = (layer: number) => pages[ofOneLayer ? layer : 0];
  return {
    ...shape,
    get bytes() {
      return pages.length * pageBytes;
    },
    get positions() {
      return ofOneLayer ? capacity : Math.min(capacity, pages.length * pageTokens);
    },
    reserve(positions) {
      checkPositions(positions, capacity);
      if (!ofOneLayer) have(Math.max(1, Math.ceil(positions / pageTokens)));
    },
    pageTokens,
    regions: Array.from({ length: layers }, (_, layer) => firstOf(layer)).flatMap((page, layer) =>
      page ? partOf(page, layer) : [],
    ),
    pageAddresses(layer, from, to) {
      const used = ofOneLayer
        ? pages.slice(layer, layer + 1)
        : pages.slice(Math.floor(from / pageTokens), Math.ceil(to / pageTokens));
      return used.map((page) => partOf(page, layer).address);
    },
    free: () => freeFrom(0),
  };
}

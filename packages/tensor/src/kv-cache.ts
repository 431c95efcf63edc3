// Caches of keys and values, and the spans of a batch that use them.
import { RondoError } from '@rondo/errors';
import { mismatch } from './shapes.ts';

/** Keys and values of one layer. */
export interface KvLayerShape {
  /** Key-value heads. */
  readonly heads: number;
  /** Values of a head's key. */
  readonly keySize: number;
  /** Values of a head's value. */
  readonly valueSize: number;
  /**
   * Positions that the layer keeps, the last ones: an older position is overwritten. Undefined = all positions of the cache.
   * A layer that sees a window keeps the window and the tokens of a batch, since a batch is stored before it is computed.
   */
  readonly keptPositions?: number | undefined;
}

/** How large a cache of keys and values is. */
export interface KvCacheShape {
  /** One entry a layer; undefined for a layer without keys and values of its own. */
  readonly layers: readonly (KvLayerShape | undefined)[];
  /** Positions that the cache can hold. */
  readonly capacity: number;
  /**
   * About how many bytes to take at a time, as positions are reserved, so that they lie in pages of that size. Default: all
   * at once; so does a backend that has no pages (`Backend.pagedBytes`). Layers with `keptPositions` are taken at once.
   */
  readonly pageBytes?: number | undefined;
  /** How keys and values are stored. Q8_0 takes 27% of the memory of F32, the default; not every backend has it for every head size. */
  readonly dtype?: KvCacheDType | undefined;
}

/** Data types of keys and values. */
export type KvCacheDType = 'F32' | 'Q8_0';

/** Keys and values of one sequence, in all layers. */
export interface KvCache extends KvCacheShape {
  /** Bytes that it takes now. */
  readonly bytes: number;
  /** Positions that it has room for now, from 0 on; with pages those of the first one, before any are reserved. */
  readonly positions: number;
  /** Bytes that the cache takes with room for so many positions. */
  bytesFor(positions: number): number;
  /**
   * Makes room for so many positions, and gives back whole pages that hold none of them. What is held of them stays. Only
   * when no submitted work uses the cache.
   *
   * @throws RondoError `OUT_OF_MEMORY`, with the cache as it was; `CONTEXT_FULL` for more than its capacity
   */
  reserve(positions: number): void;
  /** Idempotent. */
  free(): void;
}

/**
 * Consecutive rows of a batch that belong to one sequence: the next `tokens` rows are its tokens from `position` on.
 * Spans cover a batch's rows in order, so one pass can serve several sequences.
 */
export interface Span {
  readonly tokens: number;
  /** Position of the first of them in its sequence. */
  readonly position: number;
}

/** A span with the cache of its sequence, for attention. */
export interface AttentionSpan extends Span {
  readonly cache: KvCache;
}

/** The shape of the layer of a cache that attention uses. @throws RondoError `BAD_ARGUMENT` where there is none */
export function kvLayerOf({ layers }: KvCacheShape, layer: number): KvLayerShape {
  const shape = layers[layer];
  if (shape) return shape;
  const have = layers.flatMap((one, index) => (one ? [index] : []));
  throw new RondoError(
    'BAD_ARGUMENT',
    `The cache has keys and values of ${have.length} layers, none with the index ${layer}.`,
    { details: { layer } },
  );
}

/** That a cache has room for so many positions of those wanted. @throws RondoError `CONTEXT_FULL` */
export function checkPositions(wanted: number, positions: number): void {
  if (wanted <= positions) return;
  throw new RondoError(
    'CONTEXT_FULL',
    `Positions up to ${wanted} were asked for, but the cache has room for ${positions}.`,
    { details: { wanted, positions } },
  );
}

/** That spans cover these rows. @throws RondoError `BAD_SHAPE` */
export function checkSpans(operation: string, spans: readonly Span[], rows: number): void {
  const covered = spans.reduce((sum, { tokens }) => sum + tokens, 0);
  if (covered !== rows) mismatch(`${operation} over spans of ${covered} tokens`, { rows: [rows] });
}

/** The position of each row. */
export function positionsOf(spans: readonly Span[]): number[] {
  return spans.flatMap(({ position, tokens }) => Array.from({ length: tokens }, (_, i) => position + i));
}

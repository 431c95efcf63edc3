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
  /**
   * Recurrent states, for each layer the float32 values of each of its states, such as the window of a convolution. Their size
   * does not depend on the capacity. Default: no layer has one.
   */
  readonly states?: readonly (readonly number[])[] | undefined;
  /** How many slots there are for each state: one for the current states, the others for copies. Default 1. */
  readonly stateSlots?: number | undefined;
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

/** Which slots of a cache operations read recurrent states from, and write them to. */
export interface StateRoute {
  /** The position at which states are read from the slot `from`; at any other, from the slot `to`. */
  readonly start: number;
  /** The slot with the states after the token before `start`; undefined = there is none, and all values are 0. */
  readonly from: number | undefined;
  /** The slot that takes the states after the last token of a span; it may be `from`. */
  readonly to: number;
  /** Another slot takes the states as they are before the token at a position, if a span goes past that position. */
  readonly keep?: { readonly position: number; readonly slot: number } | undefined;
}

/** The route of a sequence with one slot: its states begin as zeros. */
export const FIRST_ROUTE: StateRoute = { start: 0, from: undefined, to: 0 };

/** Keys and values of one sequence, in all layers, and its recurrent states. */
export interface KvCache extends KvCacheShape {
  /** Which slots the next submission uses; may be set between submissions. At first `FIRST_ROUTE`. */
  stateRoute: StateRoute;
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

/** Bytes of the recurrent states of a cache, in all of its slots, where a value takes `valueBytes`. */
export function stateBytes({ states = [], stateSlots = 1 }: KvCacheShape, valueBytes = 4): number {
  return states.flat().reduce((sum, values) => sum + values, 0) * stateSlots * valueBytes;
}

/** Of which state of which layer an operation goes on. */
export interface StateIndex {
  readonly layer: number;
  /** Index among the states of the layer. */
  readonly state: number;
}

/**
 * That the cache of each span has a state of that many values.
 *
 * @throws RondoError `BAD_ARGUMENT`
 */
export function checkState(
  operation: string,
  spans: readonly AttentionSpan[],
  { layer, state }: StateIndex,
  values: number,
): void {
  for (const { cache } of spans) {
    const has = cache.states?.[layer]?.[state];
    if (has === values) continue;
    throw new RondoError(
      'BAD_ARGUMENT',
      `${operation} needs ${values} values in the state ${state} of layer ${layer}, but the cache has ${has ?? 'none'} there.`,
      { details: { layer, state, values } },
    );
  }
}

/** What an operation does with the slots of a state for a span: by the route of its cache, and the span's position. */
export interface SpanSlots {
  /** Undefined = zeros. */
  readonly from: number | undefined;
  readonly to: number;
  /** After how many tokens of the span another slot takes the state too: fewer than the span has, 0 = as it begins. */
  readonly keep: { readonly afterTokens: number; readonly slot: number } | undefined;
}

/** The slots that the states of a span use. */
export function slotsOf({ cache: { stateRoute }, position, tokens }: AttentionSpan): SpanSlots {
  const { start, from, to, keep } = stateRoute;
  const isKept = keep && keep.position >= position && keep.position < position + tokens;
  return {
    from: position === start ? from : to,
    to,
    keep: isKept ? { afterTokens: keep.position - position, slot: keep.slot } : undefined,
  };
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

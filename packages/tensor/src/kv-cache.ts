// Caches of keys and values, and the spans of a batch that use them.
import { RondoError } from '@rondo/errors';
import { mismatch } from './shapes.ts';
import type { PersistentTensor } from './tensors.ts';

/** Keys and values of one layer. */
export interface KvLayerShape {
  /** Key-value heads. */
  readonly heads: number;
  /** Number of values in a head's key. */
  readonly keySize: number;
  /** Number of values in a head's value. */
  readonly valueSize: number;
  /**
   * Number of positions that the layer keeps: a new position overwrites the oldest position. Undefined = all positions of the
   * cache. A layer with a window needs room for the window and for the tokens of one batch, since the keys and values of the
   * whole batch are stored before its attention is computed.
   */
  readonly keptPositions?: number | undefined;
}

/** The sizes of a cache of keys and values. */
export interface KvCacheShape {
  /** One entry per layer; undefined for a layer without keys and values of its own. */
  readonly layers: readonly (KvLayerShape | undefined)[];
  /**
   * Recurrent states, such as the window of a convolution: for each layer, the number of float32 values of each of its
   * states. The size of the states does not depend on the capacity. Default: no layer has a state.
   */
  readonly states?: readonly (readonly number[])[] | undefined;
  /** Number of slots for each state: one slot for the current states, the other slots for copies. Default 1. */
  readonly stateSlots?: number | undefined;
  /** Number of positions that the cache can hold. */
  readonly capacity: number;
  /**
   * Approximate size of a page in bytes. `reserve` allocates memory page by page. Default: all memory is allocated at once, as
   * on a backend without pages (`Backend.pagedBytes`). Layers with `keptPositions` are always allocated at once.
   */
  readonly pageBytes?: number | undefined;
  /**
   * How keys and values are stored. Default: F32. Q8_0 takes 27% of the memory of F32; not every backend supports Q8_0 for
   * every head size.
   */
  readonly dtype?: KvCacheDType | undefined;
}

/** Data types of keys and values. */
export type KvCacheDType = 'F32' | 'Q8_0';

/** The slots of a cache that operations read recurrent states from and write recurrent states to. */
export interface StateRoute {
  /** A span that begins at this position reads states from the slot `from`; any other span reads states from the slot `to`. */
  readonly start: number;
  /** The slot with the states after the token before `start`; undefined = no such slot, and all values are 0. */
  readonly from: number | undefined;
  /** The slot that takes the states after the last token of a span; the same slot as `from` is allowed. */
  readonly to: number;
  /** If a span includes `position`, `slot` also takes the states before the token at `position`. */
  readonly keep?: { readonly position: number; readonly slot: number } | undefined;
}

/** The route of a sequence with one slot: its states begin as zeros. */
export const FIRST_ROUTE: StateRoute = { start: 0, from: undefined, to: 0 };

/** Keys and values of one sequence, in all layers, and its recurrent states. */
export interface KvCache extends KvCacheShape {
  /** The slots that the next submission uses; may be set between submissions. Initially `FIRST_ROUTE`. */
  stateRoute: StateRoute;
  /** Bytes that the cache takes now. */
  readonly bytes: number;
  /** Number of positions, from 0 on, that fit now. Before `reserve`, a paged cache has the positions of its first page. */
  readonly positions: number;
  /** Bytes that the cache takes with room for `positions` positions. */
  bytesFor(positions: number): number;
  /**
   * Makes room for `positions` positions, and frees pages that hold none of these positions. The keys and values stored for
   * these positions stay. To be called only when no submitted work uses the cache.
   *
   * @throws RondoError `OUT_OF_MEMORY`, with the cache unchanged; `CONTEXT_FULL` for more positions than its capacity
   */
  reserve(positions: number): void;
  /**
   * The values of a recurrent state in a slot, `[1, values]`, for `Backend.read` and `Backend.write`. The memory belongs to the
   * cache: `free` of the tensor does nothing.
   *
   * @throws RondoError `BAD_ARGUMENT` if the cache has no such state or slot
   */
  stateTensor(index: StateIndex, slot: number): PersistentTensor;
  /** Gives the memory back. Idempotent. */
  free(): void;
}

/**
 * Consecutive rows of a batch that belong to one sequence: `tokens` tokens from `position` on. The spans of a batch cover its
 * rows in order. Example: spans of 3 and 2 tokens are rows 0 to 2 of one sequence, and rows 3 and 4 of another sequence.
 */
export interface Span {
  readonly tokens: number;
  /** Position of the span's first token in its sequence. */
  readonly position: number;
}

/** A span with the cache of its sequence, for attention. */
export interface AttentionSpan extends Span {
  readonly cache: KvCache;
}

/** The shape of a layer's keys and values. @throws RondoError `BAD_ARGUMENT` if the layer has no keys and values */
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

/** Bytes of the recurrent states of a cache, in all of its slots, if a value takes `valueBytes` bytes. */
export function stateBytes({ states = [], stateSlots = 1 }: KvCacheShape, valueBytes = 4): number {
  return states.flat().reduce((sum, values) => sum + values, 0) * stateSlots * valueBytes;
}

/** The recurrent state that an operation reads and updates. */
export interface StateIndex {
  readonly layer: number;
  /** Index among the states of the layer. */
  readonly state: number;
}

/** Number of values of a state. @throws RondoError `BAD_ARGUMENT` if a cache of this shape has no such state or slot */
export function stateValues({ states = [], stateSlots = 1 }: KvCacheShape, index: StateIndex, slot: number) {
  const { layer, state } = index;
  const values = states[layer]?.[state];
  if (values !== undefined && slot >= 0 && slot < stateSlots) return values;
  throw new RondoError(
    'BAD_ARGUMENT',
    `The cache has no state ${state} of layer ${layer} in a slot ${slot}.`,
    { details: { layer, state, slot } },
  );
}

/**
 * Checks that the cache of each span has this state with `values` values.
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

/** The slots of a state that an operation uses for a span, by the route of the span's cache and the span's position. */
export interface SpanSlots {
  /** The slot to read from; undefined = zeros. */
  readonly from: number | undefined;
  readonly to: number;
  /** After `afterTokens` tokens, fewer than the span has, `slot` takes the state too; 0 = the state before the span. */
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

/** Checks that `wanted` positions fit a cache with `positions` positions. @throws RondoError `CONTEXT_FULL` */
export function checkPositions(wanted: number, positions: number): void {
  if (wanted <= positions) return;
  throw new RondoError(
    'CONTEXT_FULL',
    `Positions up to ${wanted} were asked for, but the cache has room for ${positions}.`,
    { details: { wanted, positions } },
  );
}

/** Checks that spans have `rows` rows in total. @throws RondoError `BAD_SHAPE` */
export function checkSpans(operation: string, spans: readonly Span[], rows: number): void {
  const covered = spans.reduce((sum, { tokens }) => sum + tokens, 0);
  if (covered !== rows) mismatch(`${operation} over spans of ${covered} tokens`, { rows: [rows] });
}

/** The spans, each with the row of the batch at which the span begins. */
export function spansWithRows<Given extends Span>(spans: readonly Given[]): { span: Given; row: number }[] {
  let next = 0;
  return spans.map((span) => {
    const row = next;
    next += span.tokens;
    return { span, row };
  });
}

/** The position of each row. */
export function positionsOf(spans: readonly Span[]): number[] {
  return spans.flatMap(({ position, tokens }) => Array.from({ length: tokens }, (_, i) => position + i));
}

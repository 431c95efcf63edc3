// The interface between models and the machines that run them. A backend owns memory and executes command lists;
// an encoder notes operations, checking shapes on the host. Both the CPU and the GPU are behind this one shape, and each
// passes `@rondo/tensor/conformance`. Nothing here computes.
import type { RondoWarning } from '@rondo/errors';
import type { DType } from './dtype.ts';

/** Sizes of the dimensions, outermost first; the last one is contiguous in memory. */
export type Shape = readonly number[];

/** Float32 values that live on a backend: activations, logits. Most are `[tokens, width]`. */
export interface Tensor {
  readonly shape: Shape;
}

/** A tensor that was allocated by `Backend.tensor` and stays until freed; those of an encoder live as long as it. */
export interface PersistentTensor extends Tensor {
  /** Gives the memory back. Idempotent. */
  free(): void;
}

/**
 * Model weights in their file format, `[out, in]` (or `[width]`): inside a slot, or only described, to be leased when a
 * submission comes to them.
 */
export interface Weight {
  readonly dtype: DType;
  readonly shape: Shape;
  /**
   * Rows of a matrix in several pieces, the first rows first, each a weight `[rows, in]` of its own: what is multiplied with
   * instead of the whole. Not where it is in one piece.
   */
  readonly parts?: readonly Weight[] | undefined;
}

/** A weight that stays in its slot until released. */
export interface WeightLease {
  readonly weight: Weight;
  /** Called once, when the work that uses the weight is done, or will not be. */
  release(): void;
}

/** Brings in a weight that an encoder knows by its description only; at once where it is there already. */
export type LeaseWeight = (described: Weight) => WeightLease | Promise<WeightLease>;

/** Bytes of a file: `offset` to `offset + bytes`. */
export interface ByteRange {
  readonly offset: number;
  readonly bytes: number;
}

/** What a slot is filled from; `ByteSource` of `@rondo/source` is one. */
export interface SlotSource {
  /** Length in bytes. */
  readonly size: number;
  /** Offsets, lengths and targets that are multiples of this are read the direct way. */
  readonly alignment: number;
  /** Fills all of `target` with the bytes from `offset` on, or rejects. */
  readInto(
    target: Uint8Array,
    offset: number,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<void>;
}

/** Room on the backend for the raw bytes of one segment. */
export interface Slot {
  /** Bytes that the slot takes on the backend, padding included. */
  readonly bytes: number;
  /**
   * Reads the slot's ranges from `source`. On failure the slot's content is undefined, and it can be filled again.
   *
   * @throws whatever the source throws; the signal's reason.
   */
  fill(source: SlotSource, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /**
   * The weight whose data begins at `offset` in the source.
   *
   * @throws RondoError `OUT_OF_RANGE` when it is not wholly inside one of the slot's ranges.
   */
  weight(dtype: DType, shape: Shape, offset: number): Weight;
  /** Gives the memory back; only when no submitted work uses it any more. Idempotent. */
  free(): void;
}

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

/**
 * Rotary position embedding, Su et al. 2021, arXiv:2104.09864.
 *
 * `interleaved` rotates neighbours (2i, 2i+1), as llama.cpp's `LLAMA_ROPE_TYPE_NORM`; `halves` rotates (i, i + size/2),
 * as its `LLAMA_ROPE_TYPE_NEOX`.
 */
export interface Rope {
  readonly kind: 'interleaved' | 'halves';
  readonly headSize: number;
  /** How many of a head's values rotate; the rest pass through. */
  readonly dimensions: number;
  /** Radians that each pair turns from one position to the next: `dimensions / 2` numbers, see `ropeFrequencies`. */
  readonly frequencies: readonly number[];
  /** Rotated values are multiplied by this. Default: 1. YaRN, Peng et al. 2023, arXiv:2309.00071. */
  readonly magnitude?: number | undefined;
  /**
   * Rotated values are also multiplied by `1 + scale * ln(1 + floor(position / length))`: the temperature of attention over
   * long texts, Llama 4. Default: they are not.
   */
  readonly temperature?: { readonly scale: number; readonly length: number } | undefined;
}

/** Which cache attention uses, and how. */
export interface AttentionOptions {
  /** Which layer's keys and values. */
  readonly layer: number;
  /** Multiplies the scores; usually 1 / sqrt(keySize). */
  readonly scale: number;
  /** A token sees this many positions, its own included; undefined = all before it. */
  readonly window?: number | undefined;
  /** Scores are bent to `softcap * tanh(score / softcap)`; undefined = left as they are. Gemma 2, arXiv:2408.00118. */
  readonly softcap?: number | undefined;
}

/** Activation functions. `silu`: x·σ(x), Elfwing et al. 2017; `gelu`: its tanh form, Hendrycks & Gimpel 2016. */
export type Activation = 'silu' | 'gelu';

/** Notes operations for submissions. Each returned tensor lives until the submission is done. */
export interface Encoder {
  /**
   * `x / sqrt(mean(x²) + epsilon) * weight`. x `[tokens, width]`, weight F32 `[size]`, where `size` divides `width`: each
   * group of `size` values of a row, such as a head, is normalized on its own. Without a weight, nothing is multiplied, and
   * groups have `size` values, by default a whole row. Zhang & Sennrich 2019, arXiv:1910.07467.
   */
  rmsNorm(x: Tensor, weight: Weight | undefined, epsilon: number, size?: number): Tensor;
  /**
   * `(x - mean(x)) / sqrt(variance(x) + epsilon) * weight`, row by row. x `[tokens, width]`, weight F32 `[width]`. Ba et al.
   * 2016, arXiv:1607.06450; a bias is added by `addRow`.
   */
  layerNorm(x: Tensor, weight: Weight, epsilon: number): Tensor;
  /** Adds `row` F32 `[width]`, such as a bias, to each row of x `[tokens, width]`. */
  addRow(x: Tensor, row: Weight): Tensor;
  /** `x · weightᵀ`: x `[tokens, in]`, weight `[out, in]`, result `[tokens, out]`. */
  matmul(weight: Weight, x: Tensor): Tensor;
  /** Rotates each head of x `[tokens, heads * headSize]` by the position of its row. */
  rope(x: Tensor, spans: readonly Span[], rope: Rope): Tensor;
  /**
   * Causal attention with grouped heads. q `[tokens, heads * keySize]`, k `[tokens, kvHeads * keySize]`, v `[tokens, kvHeads *
   * valueSize]`, result `[tokens, heads * valueSize]`. Stores k and v in the caches at their positions, then lets each row see
   * its sequence up to itself. Without k and v, which are given or left out together, rows see what the layer's cache holds
   * already: a layer that shares the keys and values of an earlier one.
   */
  attention(
    q: Tensor,
    k: Tensor | undefined,
    v: Tensor | undefined,
    spans: readonly AttentionSpan[],
    options: AttentionOptions,
  ): Tensor;
  /** `activation(gate) * up`, element by element. */
  gated(gate: Tensor, up: Tensor, activation: Activation): Tensor;
  /** `activation(x)`, element by element. */
  activate(x: Tensor, activation: Activation): Tensor;
  /** `x * factor`, element by element. */
  scale(x: Tensor, factor: number): Tensor;
  /** `cap * tanh(x / cap)`, element by element. Gemma 2, arXiv:2408.00118. */
  softcap(x: Tensor, cap: number): Tensor;
  /** Element by element. */
  add(a: Tensor, b: Tensor): Tensor;
  /**
   * The `count` largest values of each row of x `[tokens, width]`: `[tokens, 2 * count]`, first the values, the largest
   * first and of equal ones the one further left, then the columns they are in. NaN counts as the largest, so that it is
   * seen.
   */
  topK(x: Tensor, count: number): Tensor;
  /** The named rows of x `[tokens, width]`, in this order: `[rows.length, width]`. */
  getRows(x: Tensor, rows: readonly number[]): Tensor;
  /**
   * x `[tokens, width]` with row i of `addend`, times `scales[i]`, added to its row `rows[i]`. No row is named twice.
   */
  scatterAdd(x: Tensor, addend: Tensor, rows: readonly number[], scales: readonly number[]): Tensor;
  /** Rows `start` to `start + count` of x `[tokens, width]`, without a copy. */
  rows(x: Tensor, start: number, count: number): Tensor;
  /** Copies x into a persistent tensor of the same width, from its first row on. */
  copy(x: Tensor, into: PersistentTensor): void;
  /** Bytes that the results noted so far need at once. */
  readonly temporaryBytes: number;
}

/** Where tensors live and operations run. */
export interface Backend {
  readonly name: string;
  /** What runs: instruction set and threads, or the adapter. For people. */
  readonly description: string;
  /** What a user should know about how the backend runs, such as a platform that forbids threads. */
  readonly warnings?: readonly RondoWarning[];
  /** Float32 values; the content is undefined. */
  tensor(shape: Shape): PersistentTensor;
  /** Bytes that a slot for these ranges would take. */
  slotBytes(ranges: readonly ByteRange[], alignment: number): number;
  /**
   * Room for one segment.
   *
   * @param alignment that of the source it will be filled from
   * @param atLeastBytes what it takes even if it needs less, so that slots for segments of several sizes can take each
   * other's place; a backend whose memory is not one piece need not
   * @throws RondoError `OUT_OF_MEMORY`
   */
  slot(ranges: readonly ByteRange[], alignment: number, atLeastBytes?: number): Slot;
  /** Bytes that a cache of this shape takes at most. @throws RondoError `UNSUPPORTED` for a data type it has not */
  kvCacheBytes(shape: KvCacheShape): number;
  /** The most bytes that all caches with pages can be sure of together; 0 for a backend that has none. */
  readonly pagedBytes: number;
  /** @throws RondoError `OUT_OF_MEMORY`, `UNSUPPORTED` */
  kvCache(shape: KvCacheShape): KvCache;
  /** A new, empty list of operations. */
  encoder(): Encoder;
  /**
   * Starts the noted work and returns; resolves when it is done. Submissions are executed in order. The weights'
   * slots, caches and persistent tensors must stay until then.
   *
   * An encoder can be submitted again, when it is done, and does the same again: on what its tensors then hold, with spans at
   * the positions that they then have. So a loop need not note its operations anew.
   *
   * Weights that are only described (and the parts of weights that have parts) are asked of `leaseWeight` when their turn
   * comes, in the order of the operations, each as the very object that the encoder was given. The work before one that is
   * still awaited is executed meanwhile; each lease is released when the operations that use it are done.
   *
   * @throws RondoError `BACKEND_FAILED`, `BAD_ARGUMENT` for a weight that is only described where nothing leases it; what
   * `leaseWeight` throws: the operations from that weight on are not executed then, later submissions are
   */
  submit(encoder: Encoder, leaseWeight?: LeaseWeight): Promise<void>;
  /** Puts values into the first rows of a tensor, after the work submitted so far. */
  write(tensor: PersistentTensor, values: Float32Array): Promise<void>;
  /** The first `rows` rows of a tensor (all where not given), after the work submitted so far. */
  read(tensor: PersistentTensor, rows?: number): Promise<Float32Array>;
  /** Bytes of the memory held, whatever for, free room inside it included. */
  readonly bytes: number;
  /** The most bytes that it can hold. */
  readonly maximumBytes: number;
  /**
   * Where a device can be lost: begins anew after it was, where that has a chance. Tensors, slots and caches made before
   * are gone, and can only be freed; new ones can be made.
   *
   * @throws RondoError what ended the device, when there is no going on
   */
  restore?(): Promise<void>;
  /** Stops the workers and drops the memory; pending submissions reject. Idempotent. */
  dispose(): Promise<void>;
}

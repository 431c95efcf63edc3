// The sequences of a pass, and how their tokens are cut into batches. The tokens of a batch are computed together.
import type { AttentionSpan, KvCache, PersistentTensor } from '@rondo/tensor';
import type { PlacedToken } from './embedding-rows.ts';
import type { BatchInputs } from './layer-inputs.ts';

/** The tokens of one sequence in a pass. They follow the tokens that its cache holds, up to `position`. */
export interface PassSequence {
  readonly ids: readonly number[];
  readonly cache: KvCache;
  readonly position: number;
  /** Logits are wanted from the token with this index on; `ids.length` = no logits. */
  readonly logitsFrom: number;
  /** How many of the best logits of a token are wanted, as `Encoder.topK` gives them; undefined = all logits. */
  readonly best: number | undefined;
  /** Called with the logits of each token wanted, `[vocabulary]` or `[2 * best]`, in order; `token` is the index in `ids`. */
  onLogits(logits: Float32Array, token: number): void;
  /**
   * Called with the hidden rows `[tokens, width]` of the tokens from index `token` in `ids` on: the results of the last layer,
   * normalized as for the output matrix. Valid during the call only. Called only if the model has an MTP block.
   */
  readonly onHidden?: ((rows: Float32Array, token: number) => void) | undefined;
}

/** A row of a batch whose logits are wanted, and the callback that takes them. */
export interface WantedRow {
  readonly row: number;
  readonly best: number | undefined;
  readonly tell: (logits: Float32Array) => void;
}

/** Consecutive rows of a batch whose hidden rows are wanted, and the callback that takes them. */
export interface WantedHidden {
  readonly row: number;
  readonly tokens: number;
  readonly tell: (rows: Float32Array) => void;
}

/** The rows of the sequences that want hidden rows. */
export function wantedHidden(sequences: readonly PassSequence[]): WantedHidden[] {
  const wanted: WantedHidden[] = [];
  let row = 0;
  for (const { ids, onHidden } of sequences) {
    if (onHidden) wanted.push({ row, tokens: ids.length, tell: (rows) => onHidden(rows, 0) });
    row += ids.length;
  }
  return wanted;
}

/** The rows whose logits the sequences want, in the order of the sequences. */
export function wantedRows(sequences: readonly PassSequence[]): WantedRow[] {
  const wanted: WantedRow[] = [];
  let start = 0;
  for (const { ids, logitsFrom, best, onLogits } of sequences) {
    for (let token = logitsFrom; token < ids.length; token++)
      wanted.push({ row: start + token, best, tell: (logits) => onLogits(logits, token) });
    start += ids.length;
  }
  return wanted;
}

/** Tokens of a pass that are computed together. */
export interface Batch {
  readonly ids: readonly number[];
  readonly tokens: number;
  readonly spans: readonly AttentionSpan[];
  /** Whether the next pass may have the same batch, so that its encoders are worth keeping. */
  readonly recurs: boolean;
  readonly wanted: readonly WantedRow[];
  readonly hiddenWanted: readonly WantedHidden[];
  /** The activations between layers, a row for each token. */
  readonly hidden: PersistentTensor;
  /** The further inputs of layers for the tokens. */
  readonly inputs: BatchInputs | undefined;
}

/** Cuts the tokens of all sequences, in their order, into batches of at most `batchTokens` tokens. */
export function cutInBatches(sequences: readonly PassSequence[], batchTokens: number): PassSequence[][] {
  const batches: PassSequence[][] = [];
  let room = 0;
  for (const sequence of sequences) {
    const { ids, position, logitsFrom, onLogits, onHidden } = sequence;
    for (let start = 0; start < ids.length;) {
      if (room === 0) {
        batches.push([]);
        room = batchTokens;
      }
      const count = Math.min(room, ids.length - start);
      const first = start;
      batches.at(-1)?.push({
        ...sequence,
        ids: ids.slice(first, first + count),
        position: position + first,
        logitsFrom: Math.min(count, Math.max(0, logitsFrom - first)),
        onLogits: (logits, token) => onLogits(logits, first + token),
        onHidden: onHidden && ((rows, token) => onHidden(rows, first + token)),
      });
      start += count;
      room -= count;
    }
  }
  return batches;
}

/** The tokens of a batch, each with its position in its sequence. */
export function placedTokens({ ids, spans }: Pick<Batch, 'ids' | 'spans'>): PlacedToken[] {
  const positions = spans.flatMap(({ position, tokens }) =>
    Array.from({ length: tokens }, (_, token) => position + token),
  );
  return ids.map((id, index) => ({ id, position: positions[index] ?? 0 }));
}

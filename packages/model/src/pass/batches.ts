// What a pass serves, and how its tokens are cut into batches that are computed with at once.
import type { AttentionSpan, KvCache, PersistentTensor } from '@rondo/tensor';
import type { PlacedToken } from './embedding-rows.ts';
import type { BatchInputs } from './layer-inputs.ts';

/** The tokens of one sequence in a pass: they follow what its cache holds up to `position`. */
export interface PassSequence {
  readonly ids: readonly number[];
  readonly cache: KvCache;
  readonly position: number;
  /** From which of the tokens on logits are wanted; `ids.length` = none. */
  readonly logitsFrom: number;
  /** How many of the best logits of a token are wanted, as `Encoder.topK` gives them; undefined = all of them. */
  readonly best: number | undefined;
  /** Called with the logits of each token wanted, `[vocabulary]` or `[2 * best]`, in order; `token` is its index in `ids`. */
  onLogits(logits: Float32Array, token: number): void;
}

/** A row of a batch whose logits are wanted, and by whom. */
export interface WantedRow {
  readonly row: number;
  readonly best: number | undefined;
  readonly tell: (logits: Float32Array) => void;
}

/** Those that the sequences want, in their order. */
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

/** Tokens of a pass that are computed with at once. */
export interface Batch {
  readonly ids: readonly number[];
  readonly tokens: number;
  readonly spans: readonly AttentionSpan[];
  /** Whether the next pass may be like it, so that what is noted for it is worth keeping. */
  readonly recurs: boolean;
  readonly wanted: readonly WantedRow[];
  /** What a layer gives and the next one takes, a row for each token. */
  readonly hidden: PersistentTensor;
  /** What layers see of the tokens beside that. */
  readonly inputs: BatchInputs | undefined;
}

/** The tokens of all sequences in their order, at most `batchTokens` of them together. */
export function cutInBatches(sequences: readonly PassSequence[], batchTokens: number): PassSequence[][] {
  const batches: PassSequence[][] = [];
  let room = 0;
  for (const sequence of sequences) {
    const { ids, position, logitsFrom, onLogits } = sequence;
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

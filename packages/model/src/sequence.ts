// The one sequence whose keys and values a model holds, and the turn-taking of those who want to run it. A new text that
// begins like the last one goes on from where they part, so a conversation is not read again at each turn.
import { RondoError } from '@rondo/errors';
import type { KvCache } from '@rondo/tensor';
import type { Budget } from './budget.ts';
import type { Forward } from './forward.ts';

/** Tells how many of the tokens to be read have been. */
export type ReadProgress = (readTokens: number, ofTokens: number) => void;

/** Runs texts through the model, one caller at a time. */
export interface Sequence {
  /** Waits for the sequence to be free; it is the caller's until the function returned is called. */
  lock(signal?: AbortSignal): Promise<() => void>;
  /**
   * Logits after the last of `ids`, `[vocabulary]`, or the best of them, `[2 * best]` as `Encoder.topK` gives them. Only
   * while locked.
   *
   * @throws RondoError `CONTEXT_FULL`, `BAD_ARGUMENT` for no ids; what loading the weights throws; the signal's reason
   */
  logitsAfter(
    ids: readonly number[],
    options: {
      readonly best: number | undefined;
      readonly signal: AbortSignal | undefined;
      readonly onProgress: ReadProgress | undefined;
    },
  ): Promise<Float32Array>;
  /** Resolves when no pass is running, whoever holds the lock. */
  idle(): Promise<void>;
  /** Logits `[vocabulary]` after each token from index `from` on, in order. Only while locked. */
  eachLogits(
    ids: readonly number[],
    from: number,
    onLogits: (logits: Float32Array, token: number) => void,
    signal?: AbortSignal,
  ): Promise<void>;
}

/** What a sequence works with. */
export interface SequenceOptions {
  readonly forward: Forward;
  /** The cache of its keys and values; another one after `recover`. */
  readonly kvCache: () => KvCache;
  readonly budget: Budget;
  /** Begins anew on a backend that has failed; rejects when there is no going on. */
  readonly recover: (() => Promise<void>) | undefined;
}

/** A sequence whose cache holds nothing yet. */
export function createSequence(options: SequenceOptions): Sequence {
  const { forward, kvCache, budget, recover } = options;
  /** The tokens whose keys and values the cache holds. */
  let held: readonly number[] = [];
  let queue: Promise<void> = Promise.resolve();
  let pass: Promise<void> = Promise.resolve();

  function check(ids: readonly number[]): void {
    if (ids.length === 0)
      throw new RondoError(
        'BAD_ARGUMENT',
        'There are no tokens to run: the text is empty and the model adds none of its own.',
      );
    if (ids.length > budget.contextTokens) {
      throw new RondoError(
        'CONTEXT_FULL',
        `${ids.length} tokens do not fit the context of ${budget.contextTokens}; load the model with a larger context, or shorten the text.`,
        { details: { tokens: ids.length, contextTokens: budget.contextTokens } },
      );
    }
  }

  /** Runs the tokens from `start` on, in batches; logits are given from index `from` on. */
  async function read(
    ids: readonly number[],
    start: number,
    from: number,
    best: number | undefined,
    onLogits: (logits: Float32Array, token: number) => void,
    signal: AbortSignal | undefined,
    onProgress?: ReadProgress,
  ): Promise<void> {
    held = ids.slice(0, start);
    for (let position = start; position < ids.length; position += budget.batchTokens) {
      const batch = ids.slice(position, position + budget.batchTokens);
      const logitsFrom = Math.min(batch.length, Math.max(0, from - position));
      const told = (logits: Float32Array, token: number) => onLogits(logits, position + token);
      const one = { ids: batch, cache: kvCache(), position, best, logitsFrom, onLogits: told };
      pass = forward.run({ sequences: [one], signal });
      await pass;
      held = ids.slice(0, position + batch.length);
      onProgress?.(held.length - start, ids.length - start);
    }
  }

  /** Does `work` once more, from the first token on, when the backend was lost in it and could be had again. */
  async function evenIfLost(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(recover && error instanceof RondoError && error.code === 'BACKEND_FAILED')) throw error;
      held = [];
      await recover();
      await work();
    }
  }

  return {
    async lock(signal) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const before = queue;
      queue = before.then(() => promise);
      const aborted = Promise.withResolvers<never>();
      const abort = () => aborted.reject(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true });
      try {
        signal?.throwIfAborted();
        await Promise.race([before, aborted.promise]);
        return resolve;
      } catch (error) {
        resolve();
        throw error;
      } finally {
        signal?.removeEventListener('abort', abort);
      }
    },

    async idle() {
      await Promise.allSettled([pass]);
    },

    async logitsAfter(ids, { best, signal, onProgress }) {
      check(ids);
      let last: Float32Array | undefined;
      await evenIfLost(() => {
        // The last token is run in any case: its logits are what is asked for.
        const start = Math.min(commonStart(held, ids), ids.length - 1);
        return read(ids, start, ids.length - 1, best, (logits) => (last = logits), signal, onProgress);
      });
      if (!last) throw new RondoError('BACKEND_FAILED', 'The pass gave no logits.');
      return last;
    },

    async eachLogits(ids, from, onLogits, signal) {
      check(ids);
      let next = from;
      await evenIfLost(() =>
        read(
          ids,
          0,
          next,
          undefined,
          (logits, token) => {
            onLogits(logits, token);
            next = token + 1;
          },
          signal,
        ),
      );
    },
  };
}

function commonStart(a: readonly number[], b: readonly number[]): number {
  const different = a.findIndex((id, index) => id !== b[index]);
  return different < 0 ? a.length : different;
}

// Divides the granted memory between weights and states while the model runs: keys and values take pages from the weights as
// texts grow, and give pages back when shorter texts begin.
import type { ModelConfig } from '@rondo/architectures';
import { isRondoError } from '@rondo/errors';
import type { Backend, KvCache, KvCacheShape } from '@rondo/tensor';
import type { Budget } from '../memory/budget.ts';
import { createSequenceState, type SequenceState } from './sequence-state.ts';
import { unlessAborted } from '../common/unless-aborted.ts';

/** The memory of a running model. */
export interface StateMemory {
  /** The current division of the memory. */
  readonly budget: Budget;
  /** Bytes that weights will have left when the contexts of all sessions are full. */
  readonly leastWeightBytes: number;
  /** One state for each session. */
  readonly states: readonly SequenceState[];
  /**
   * Grows `cache` to `positions`, taking memory from the weights. If the cache has room for at least twice as many positions,
   * returns the surplus to the weights. Call only when no pass is running. An abort ends the waiting for weights that are in
   * use; the weights then get their memory back.
   *
   * @throws RondoError `BUDGET_TOO_SMALL`, `OUT_OF_MEMORY`; the signal's reason
   */
  reserve(cache: KvCache, positions: number, signal?: AbortSignal): Promise<void>;
  /** Chooses the slots of recurrent states for the next pass over a cache: `SequenceState.route`. */
  route(cache: KvCache, position: number, tokens: number, logitsFrom: number): void;
  /**
   * Changes the granted memory to `totalBytes`. Resolves when the weights fit.
   *
   * @throws RondoError `BUDGET_TOO_SMALL`; nothing is changed then
   */
  grant(totalBytes: number): Promise<void>;
  /** Creates the states anew, after the old states were lost with their device. */
  renew(): void;
  dispose(): void;
}

/** The objects and numbers that the memory of states needs. */
export interface StateMemoryOptions {
  readonly backend: Backend;
  readonly config: ModelConfig;
  /** The planned budget, as if all contexts were full. */
  readonly planned: Budget;
  readonly kvCacheShape: KvCacheShape;
  /**
   * Limits the weights to `bytes`. Throws if the weights cannot keep to `leastBytes`. Not called before there are weights.
   */
  readonly grantWeights: (bytes: number, leastBytes: number) => Promise<void>;
}

/** Creates the memory with the planned budget. Each cache holds its first pages. */
export function createStateMemory(options: StateMemoryOptions): StateMemory {
  const { backend, config, planned, kvCacheShape, grantWeights } = options;
  const { fullKvCacheBytes } = planned;
  const otherBytes = planned.totalBytes - fullKvCacheBytes - planned.weightBytes;
  let states: readonly SequenceState[] = [];
  let { totalBytes } = planned;
  /** Bytes that the weights have given up and that no cache has taken yet. */
  let promisedBytes = 0;
  const kvCacheBytes = () => states.reduce((sum, { cache }) => sum + cache.bytes, promisedBytes);
  const weightBytes = (total = totalBytes) => total - otherBytes - kvCacheBytes();
  const leastWeightBytes = (total = totalBytes) => total - otherBytes - fullKvCacheBytes;
  const fit = () => grantWeights(weightBytes(), Math.min(weightBytes(), leastWeightBytes()));

  function dispose(): void {
    for (const { cache } of states) cache.free();
    states = [];
  }

  function renew(): void {
    dispose();
    try {
      while (states.length < planned.sessions) {
        const cache = backend.kvCache(kvCacheShape);
        states = [...states, createSequenceState(config, cache)];
      }
    } catch (error) {
      dispose();
      throw error;
    }
  }

  async function grow(cache: KvCache, positions: number, signal: AbortSignal | undefined): Promise<void> {
    const neededBytes = cache.bytesFor(positions) - cache.bytes;
    try {
      for (promisedBytes = neededBytes; ; promisedBytes += neededBytes) {
        await unlessAborted(fit(), signal);
        try {
          cache.reserve(positions);
          promisedBytes = 0;
          return;
        } catch (error) {
          // The bytes that weights gave up may lie in another memory than the cache. Then weights give up more, for the moment.
          if (!(isRondoError(error) && error.code === 'OUT_OF_MEMORY')) throw error;
        }
      }
    } catch (error) {
      promisedBytes = 0;
      // The weights get back what they gave up. This needs no waiting, since weights do not have to shrink for it.
      fit().catch(() => {});
      throw error;
    }
  }

  renew();
  return {
    get budget() {
      return { ...planned, totalBytes, kvCacheBytes: kvCacheBytes(), weightBytes: weightBytes() };
    },
    get leastWeightBytes() {
      return leastWeightBytes();
    },
    get states() {
      return states;
    },
    async reserve(cache, positions, signal) {
      const { bytes } = cache;
      if (positions > cache.positions) await grow(cache, positions, signal);
      else if (2 * positions <= cache.positions) cache.reserve(positions);
      if (cache.bytes !== bytes) await unlessAborted(fit(), signal);
    },
    route(cache, position, tokens, logitsFrom) {
      states.find((state) => state.cache === cache)?.route(position, tokens, logitsFrom);
    },
    async grant(bytes) {
      const fitting = grantWeights(weightBytes(bytes), leastWeightBytes(bytes));
      // Set before waiting, so that a pass that makes room meanwhile uses the new total.
      totalBytes = bytes;
      await fitting;
    },
    renew,
    dispose,
  };
}

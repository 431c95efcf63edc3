// Who has which part of the granted memory as the model runs: keys and values take pages from the weights as texts grow, and
// give them back when shorter ones begin.
import type { ModelConfig } from '@rondo/architectures';
import { isRondoError } from '@rondo/errors';
import type { Backend, KvCache, KvCacheShape } from '@rondo/tensor';
import type { Budget } from '../memory/budget.ts';
import { createSequenceState, type SequenceState } from './sequence-state.ts';
import { unlessAborted } from '../common/unless-aborted.ts';

/** The memory of a running model. */
export interface StateMemory {
  /** As it is divided at the moment. */
  readonly budget: Budget;
  /** What weights will have left when the contexts of all sessions are full. */
  readonly leastWeightBytes: number;
  /** One for each session. */
  readonly states: readonly SequenceState[];
  /**
   * Makes room in a cache for so many positions, at the expense of the weights; of one that has twice as much, gives them the
   * rest. Only when no pass is running. An abort ends the waiting for weights that are in use; the weights then have their
   * memory again.
   *
   * @throws RondoError `BUDGET_TOO_SMALL`, `OUT_OF_MEMORY`; the signal's reason
   */
  reserve(cache: KvCache, positions: number, signal?: AbortSignal): Promise<void>;
  /** Chooses the slots of recurrent states for the next pass over a cache: `SequenceState.route`. */
  route(cache: KvCache, position: number, tokens: number, logitsFrom: number): void;
  /**
   * Grants another total; resolves when the weights fit it.
   *
   * @throws RondoError `BUDGET_TOO_SMALL`, and all is as it was
   */
  grant(totalBytes: number): Promise<void>;
  /** Makes the states anew, those it had being lost with their device. */
  renew(): void;
  dispose(): void;
}

/** What the memory is divided with. */
export interface StateMemoryOptions {
  readonly backend: Backend;
  readonly config: ModelConfig;
  /** As planned, as if all contexts were full. */
  readonly planned: Budget;
  readonly kvCacheShape: KvCacheShape;
  /**
   * Has the weights keep to `bytes`, and refuses where they cannot keep to `leastBytes`; not called before there are any.
   */
  readonly grantWeights: (bytes: number, leastBytes: number) => Promise<void>;
}

/** The memory as planned, with caches that hold their first pages. */
export function createStateMemory(options: StateMemoryOptions): StateMemory {
  const { backend, config, planned, kvCacheShape, grantWeights } = options;
  const { fullKvCacheBytes } = planned;
  const otherBytes = planned.totalBytes - fullKvCacheBytes - planned.weightBytes;
  let states: readonly SequenceState[] = [];
  let { totalBytes } = planned;
  /** Given up by the weights, and not taken yet. */
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
          // What weights gave up may lie in another memory than the cache: then they give up more, for the moment.
          if (!(isRondoError(error) && error.code === 'OUT_OF_MEMORY')) throw error;
        }
      }
    } catch (error) {
      promisedBytes = 0;
      // The weights have again what they gave up. Nobody waits for it: they need not shrink for that.
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
      // From now on, so that a pass that makes room meanwhile goes by it.
      totalBytes = bytes;
      await fitting;
    },
    renew,
    dispose,
  };
}

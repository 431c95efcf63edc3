// A pass that a test ends by hand, on a clock that it sets by hand.
import { expect, vi } from 'vitest';
import type { PassInput } from '../../src/pass/pass-runner.ts';

/** Lets everything happen that can within so many milliseconds. With `vi.useFakeTimers()`. */
export const pass = async (ms = 0) => {
  await vi.advanceTimersByTimeAsync(ms);
};

/** A pass that takes until `end` or `fail` is called; tells `logits` of each token wanted. */
export function manualPassRunner(passTokens = 8) {
  const passes: PassInput[] = [];
  let current: PromiseWithResolvers<void> | undefined;
  const settle = (how: (current: PromiseWithResolvers<void>) => void) => {
    if (current) how(current);
    current = undefined;
    return pass();
  };
  return {
    passes,
    /** The lengths of what the pass number `index` serves. */
    rows: (index: number) => passes[index]?.sequences.map(({ ids }) => ids.length),
    end() {
      for (const { ids, logitsFrom, onLogits } of passes.at(-1)?.sequences ?? [])
        for (let token = logitsFrom; token < ids.length; token++)
          onLogits(Float32Array.of(ids[token] ?? 0), token);
      return settle(({ resolve }) => resolve());
    },
    fail: (error: unknown) => settle(({ reject }) => reject(error)),
    async run(input: PassInput) {
      expect(current).toBeUndefined();
      passes.push(input);
      current = Promise.withResolvers();
      const { promise, reject } = current;
      input.signal?.addEventListener('abort', () => reject(input.signal?.reason));
      await promise;
    },
    passTokens,
    counts: { passes: 0, ms: 0 },
    predict: () => Promise.reject(new RangeError('Nothing is predicted.')),
    renew() {},
    dispose() {},
  };
}

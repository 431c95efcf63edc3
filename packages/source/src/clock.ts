// Time, to be replaced in tests by a clock that is wound by hand.

/** Tells the time and waits. */
export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  nowMs(): number;
  /** Resolves after so many milliseconds; rejects with the signal's reason on abort. */
  wait(waitMs: number, signal: AbortSignal): Promise<void>;
}

/** The clock of the platform. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wait: (waitMs, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const onAbort = (): void => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      }, waitMs);
      signal.addEventListener('abort', onAbort, { once: true });
    }),
};

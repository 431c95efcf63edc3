// The clock. Tests replace the platform's clock by a clock that the test advances.

/** Tells the time and waits. */
export interface Clock {
  /** Milliseconds since a fixed moment; never decreases. */
  nowMs(): number;
  /** Resolves after `waitMs` milliseconds; on abort rejects with the signal's reason. */
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

// Time that passes only when the code under test has nothing left to do, and then jumps to the next timer. Promises are
// real, waiting costs nothing, and every run goes exactly the same way. Node only.

/** A clock with timers. Times are virtual milliseconds since its creation. */
export interface VirtualClock {
  now(): number;
  /**
   * Calls `action` after `delayMs`; timers of the same time fire in the order in which they were set. Returns a function
   * that cancels it.
   */
  after(delayMs: number, action: () => void): () => void;
  /**
   * Runs `main` and lets time pass until its promise settles.
   *
   * @throws Error if nothing is left that could advance the time: `main` would wait for ever
   */
  run<T>(main: () => Promise<T>): Promise<T>;
}

interface Timer {
  readonly atMs: number;
  readonly action: () => void;
}

/** A clock at 0. */
export function createVirtualClock(): VirtualClock {
  let nowMs = 0;
  /**
   * In the order in which they fire, the next timer last. There are few at a time: the present reads and the present
   * computation.
   */
  const timers: Timer[] = [];

  return {
    now: () => nowMs,
    after(delayMs, action) {
      const timer: Timer = { atMs: nowMs + Math.max(0, delayMs), action };
      let place = timers.length;
      while (place > 0 && (timers[place - 1]?.atMs ?? 0) <= timer.atMs) place -= 1;
      timers.splice(place, 0, timer);
      return () => {
        const index = timers.indexOf(timer);
        if (index >= 0) timers.splice(index, 1);
      };
    },
    run: (main) =>
      new Promise((resolve, reject) => {
        let isOver = false;
        main()
          .then(resolve, reject)
          .finally(() => {
            isOver = true;
          });
        const step = (): void => {
          if (isOver) return;
          const timer = timers.pop();
          if (timer === undefined) {
            reject(new Error(`Nothing is left to happen at ${nowMs} ms, and the run has not ended.`));
            return;
          }
          nowMs = timer.atMs;
          timer.action();
          afterMicrotasks(step);
        };
        afterMicrotasks(step);
      }),
  };
}

/**
 * Calls back when no promise has anything left to do. Node empties the queue of promises, including the promises added
 * meanwhile, before it looks at the ticks again. `setImmediate` promises the same, but costs a turn of the event loop.
 */
function afterMicrotasks(callback: () => void): void {
  queueMicrotask(() => process.nextTick(callback));
}

// Time that passes only when the code under test has nothing left to do, and then jumps to the next timer: promises are
// the real ones, waiting costs nothing, and every run goes exactly the same way. Node only.

/** A clock with timers. Times are virtual milliseconds since its creation. */
export interface VirtualClock {
  now(): number;
  /** Calls `action` when `delayMs` have passed; timers of one time go off in the order they were set. Returns what cancels it. */
  after(delayMs: number, action: () => void): () => void;
  /**
   * Runs `main` and lets time pass until its promise settles.
   *
   * @throws Error when nothing is left that could make time pass: `main` waits for ever
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
  /** In the order they go off, the next one last. There are few at a time: what is being read and what is being computed. */
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
 * Calls back when no promise has anything left to do. Node empties the queue of promises, and all they add to it, before
 * it looks at the ticks again; `setImmediate` promises the same and costs a turn of the event loop each time.
 */
function afterMicrotasks(callback: () => void): void {
  queueMicrotask(() => process.nextTick(callback));
}

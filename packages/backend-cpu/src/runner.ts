// Runners execute command lists on threads that share the memories or, if memory cannot be shared, on the caller's thread. In
// both cases lists run in the order of their submission.
import { RondoError } from '@rondo/errors';
import { startThread, TERMINATION_IS_CERTAIN, threadsForbiddenBy } from '#platform';
import type { Arenas } from './arenas.ts';
import type { Station } from './command-list.ts';
import type { Thread } from './platform/thread.ts';
import workerText from './generated/worker-text.ts';
import { instantiate, type Kernels } from './instances.ts';
import {
  CONTROL_BYTES,
  CONTROL_COMPLETED,
  CONTROL_QUEUE,
  CONTROL_SUBMITTED,
  QUEUE_LENGTH,
  QUEUE_STOP,
  SCRATCH_BYTES,
} from './protocol.ts';
import type { WorkerStart } from './worker.ts';

/** Executes command lists in order. */
export interface Runner {
  /** Queues the list at `address` of memory 0; resolves when it has been executed. */
  run(address: number): Promise<void>;
  /** Resolves when nothing is queued; rejects when the runner has failed. */
  idle(): Promise<void>;
  /** Ends the threads, and releases the memories. */
  dispose(): Promise<void>;
}

/** The kernels, memories and threads of a runner. */
export interface RunnerOptions {
  /** The compiled kernels. */
  readonly module: WebAssembly.Module;
  readonly arenas: Arenas;
  /** The station of memory 0, at which the threads synchronize. */
  readonly station: Station;
  /** Number of threads; 1 on the caller's thread. */
  readonly threads: number;
}

/**
 * A runner of worker threads. Idle threads sleep.
 *
 * @throws RondoError `UNSUPPORTED` if the platform forbids threads; then all threads are ended and the memories are released
 */
export async function createThreadRunner(options: RunnerOptions): Promise<Runner> {
  const { module, arenas, station, threads: count } = options;
  // The view is made once: shared memory keeps its place when it grows.
  const control = arenas.view(0, station.control, CONTROL_BYTES);
  let words = new Int32Array(control.buffer, control.byteOffset, CONTROL_BYTES / 4);
  const waitAsync: typeof Atomics.waitAsync | undefined = Atomics.waitAsync;
  let submitted = 0;
  let failure: RondoError | undefined;
  /** Resolves at the next message, for platforms without asynchronous waiting on memory. */
  let message = Promise.withResolvers<void>();
  /** Settles when the latest submission is in the queue. Submissions keep their order, even while the queue is full. */
  let entered: Promise<void> = Promise.resolve();

  function notifyWaiters(): void {
    Atomics.notify(words, CONTROL_COMPLETED / 4);
    message.resolve();
    message = Promise.withResolvers();
  }

  function fail(error: unknown): void {
    failure ??= new RondoError('BACKEND_FAILED', `A kernel thread ended: ${String(error)}`, { cause: error });
    notifyWaiters();
  }

  const started: Thread[] = [];

  /** Makes sleeping threads leave their loop; resolves when all threads have left it. */
  async function stopKernels(): Promise<void> {
    const left = started.map(
      (worker) =>
        new Promise<void>((resolve) => {
          worker.onMessage = (text) => {
            if (text === 'ended') resolve();
          };
          worker.onError = () => resolve();
        }),
    );
    await enter(QUEUE_STOP, (submitted + 1) | 0);
    await Promise.all(left);
  }

  /** Ends the started threads. If it is certain that no kernel runs any more, other backends may take over the memories. */
  async function end(kernelsStopped: boolean): Promise<void> {
    const ended = await Promise.all(started.map((worker) => worker.terminate()));
    // The control block does not change any more. An array outside WebAssembly memory replaces it and holds no memory.
    words = new Int32Array(CONTROL_BYTES / 4);
    arenas.release(kernelsStopped || ended.every(Boolean));
  }

  const starting = await Promise.allSettled(
    Array.from({ length: count }, async (_, thread) => {
      const start: WorkerStart = {
        module,
        memories: arenas.memories,
        control: station.control,
        thread,
        threads: count,
        scratch: station.scratch + thread * SCRATCH_BYTES,
        submissions: 0,
        messages: waitAsync === undefined,
        timeOrigin: performance.timeOrigin,
      };
      const worker = startThread(workerText, start);
      started.push(worker);
      await new Promise<void>((resolve, reject) => {
        worker.onMessage = () => resolve();
        worker.onError = reject;
      });
      worker.onMessage = notifyWaiters;
      worker.onError = fail;
      worker.keepAlive(false);
      return worker;
    }),
  );
  const refused = starting.find((one) => one.status === 'rejected');
  if (refused) {
    await end(false);
    const reason = `The kernel threads could not be started: ${threadsForbiddenBy(refused.reason)}.`;
    throw new RondoError(
      'UNSUPPORTED',
      `${reason} Without threads, \`cpu({ threads: 0 })\` computes on the caller's thread.`,
      { cause: refused.reason, details: { threads: count, reason } },
    );
  }
  const threads = started;

  function completedCount(): number {
    return Atomics.load(words, CONTROL_COMPLETED / 4);
  }

  /** Waiting callers by submission, the earliest submission first. */
  const waiting: { readonly submission: number; resolve(): void; reject(error: unknown): void }[] = [];

  /** Resolves callers whose submission is finished, until no caller waits. Counts wrap at 2^32, so differences are compared. */
  async function watch(): Promise<void> {
    // An unsettled wait on memory does not keep a process alive; the threads keep it alive while a caller waits.
    for (const thread of threads) thread.keepAlive(true);
    while (waiting.length > 0) {
      const completed = completedCount();
      const ended = waiting.findIndex(({ submission }) => ((completed - submission) | 0) < 0);
      for (const { resolve } of waiting.splice(0, ended < 0 ? waiting.length : ended)) resolve();
      if (failure) for (const { reject } of waiting.splice(0)) reject(failure);
      if (waiting.length === 0) break;
      const change = waitAsync?.(words, CONTROL_COMPLETED / 4, completed);
      if (change && !change.async) continue;
      await (change ? change.value : message.promise);
    }
    for (const thread of threads) thread.keepAlive(false);
  }

  function settled(submission: number): Promise<void> {
    if (((completedCount() - submission) | 0) >= 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      // A caller may have waited for a later submission already.
      const after = waiting.findLastIndex((other) => ((other.submission - submission) | 0) <= 0);
      waiting.splice(after + 1, 0, { submission, resolve, reject });
      if (waiting.length === 1) void watch();
    });
  }

  async function enter(address: number, submission: number): Promise<void> {
    const full = (submission - QUEUE_LENGTH) | 0;
    if (((completedCount() - full) | 0) < 0) await settled(full);
    words[CONTROL_QUEUE / 4 + (((submission - 1) >>> 0) % QUEUE_LENGTH)] = address;
    Atomics.store(words, CONTROL_SUBMITTED / 4, submission);
    Atomics.notify(words, CONTROL_SUBMITTED / 4);
  }

  return {
    async run(address) {
      if (failure) throw failure;
      submitted = (submitted + 1) | 0;
      const submission = submitted;
      entered = entered.then(() => enter(address, submission));
      await entered;
      await settled(submission);
    },
    async idle() {
      await settled(submitted);
      if (failure) throw failure;
    },
    async dispose() {
      const isAsleep = !failure && completedCount() === submitted;
      fail(new Error('the backend was disposed'));
      // Browsers do not report when a worker has ended. Dispose does not wait for running work.
      const stops = isAsleep && !TERMINATION_IS_CERTAIN;
      if (stops) await stopKernels();
      await end(stops);
    },
  };
}

/** A runner that executes lists on the caller's thread. Each list has its own task, so that other tasks can run in between. */
export async function createInlineRunner({ module, arenas, station }: RunnerOptions): Promise<Runner> {
  let kernels: Kernels | undefined = instantiate(module, arenas.memories, () => {}, performance.timeOrigin);
  let failure: RondoError | undefined;
  let tail: Promise<void> = Promise.resolve();
  return {
    run(address) {
      const done = tail.then(async () => {
        await nextTask();
        if (failure) throw failure;
        kernels?.execute(address, station.control, 0, 1, station.scratch);
      });
      tail = done.catch((error: unknown) => {
        failure ??= new RondoError('BACKEND_FAILED', `A kernel failed: ${String(error)}`, { cause: error });
      });
      return done;
    },
    async idle() {
      await tail;
      if (failure) throw failure;
    },
    async dispose() {
      failure ??= new RondoError('BACKEND_FAILED', 'The backend was disposed.');
      await tail;
      kernels = undefined;
      arenas.release(true);
    },
  };
}

/** Resolves in a new task, after the tasks that are due now. */
function nextTask(): Promise<void> {
  if (typeof setImmediate === 'function') return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', () => resolve(), { once: true });
    port1.start();
    port2.postMessage(undefined);
  });
}

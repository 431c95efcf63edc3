// What a worker thread runs: instantiates the kernels on the shared memory and enters their loop. Self-contained, since it
// becomes the text of a worker (scripts/build-kernels.ts); it imports nothing.

/** What the host tells a worker. */
export interface WorkerStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Address of the control block. */
  readonly control: number;
  readonly thread: number;
  readonly threads: number;
  /** Address of this thread's scratch memory. */
  readonly scratch: number;
  /** Submissions so far. */
  readonly submissions: number;
  /** Whether the host wants a message for each submission done (where it cannot wait on memory without blocking). */
  readonly messages: boolean;
}

interface Port {
  postMessage(message: unknown): void;
}

type Kernels = {
  work(control: number, thread: number, threads: number, scratch: number, submissions: number): void;
};

async function run(port: Port, start: WorkerStart): Promise<void> {
  const completed = start.messages ? (count: number) => port.postMessage(count) : () => {};
  const abort = () => {
    throw new Error('The kernels aborted.');
  };
  const instance = await WebAssembly.instantiate(start.module, {
    env: { memory: start.memory, completed, abort },
  });
  const kernels = instance.exports as Kernels;
  port.postMessage('ready');
  kernels.work(start.control, start.thread, start.threads, start.scratch, start.submissions);
}

if (typeof process === 'object' && process.versions?.node) {
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
  if (parentPort) void run(parentPort, workerData as WorkerStart);
} else {
  addEventListener('message', (event) => void run(globalThis as unknown as Port, event.data as WorkerStart), {
    once: true,
  });
}

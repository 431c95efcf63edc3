// The program of a worker thread: instantiates the kernels on the shared memories and enters their loop. This file and
// instances.ts become the text of a worker (scripts/build-kernels.ts), so this file imports nothing else.
import { instantiate } from './instances.ts';

/** The host's message that starts a worker. */
export interface WorkerStart {
  readonly module: WebAssembly.Module;
  readonly memories: readonly WebAssembly.Memory[];
  /** Address of the control block in memory 0. */
  readonly control: number;
  readonly thread: number;
  readonly threads: number;
  /** Address of this thread's scratch memory in memory 0. */
  readonly scratch: number;
  /** Number of submissions so far. */
  readonly submissions: number;
  /** Whether to send the host a message for each finished submission: if the host cannot wait on memory asynchronously. */
  readonly messages: boolean;
  /** `performance.timeOrigin` of the host. */
  readonly timeOrigin: number;
}

interface Port {
  postMessage(message: unknown): void;
}

function run(port: Port, start: WorkerStart): void {
  const completed = start.messages ? (count: number) => port.postMessage(count) : () => {};
  const kernels = instantiate(start.module, start.memories, completed, start.timeOrigin);
  port.postMessage('ready');
  kernels.work(start.control, start.thread, start.threads, start.scratch, start.submissions);
  // No kernel runs on the memories from here on.
  port.postMessage('ended');
}

if (typeof process === 'object' && process.versions?.node) {
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
  if (parentPort) run(parentPort, workerData as WorkerStart);
} else {
  addEventListener('message', (event) => run(globalThis as unknown as Port, event.data as WorkerStart), {
    once: true,
  });
}

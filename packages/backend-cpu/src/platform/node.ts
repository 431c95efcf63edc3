// Threads, cores and memory in Node.
import { availableParallelism, totalmem } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Thread } from './thread.ts';

/** Starts a thread that runs `text` and receives `start`. */
export function startThread(text: string, start: unknown): Thread {
  const worker = new Worker(text, { eval: true, workerData: start });
  const thread: Thread = {
    onMessage: () => {},
    onError: () => {},
    keepAlive: (alive) => (alive ? worker.ref() : worker.unref()),
    terminate: async () => {
      await worker.terminate();
    },
  };
  worker.on('message', (message) => thread.onMessage(message));
  worker.on('error', (error) => thread.onError(error));
  return thread;
}

/** Cores that this process may use. */
export function coreCount(): number {
  return availableParallelism();
}

/** Bytes of memory that this process may use: the machine's, or its container's. */
export function memoryBytes(): number {
  return Math.min(totalmem(), process.constrainedMemory() || Infinity);
}

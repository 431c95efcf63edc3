// Threads, cores and memory in Node.
import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { Worker } from 'node:worker_threads';
import { reasonOf } from '@rondo/errors';
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
      return true;
    },
  };
  worker.on('message', (message) => thread.onMessage(message));
  worker.on('error', (error) => thread.onError(error));
  worker.on('messageerror', (error) => thread.onError(error));
  worker.on('exit', (code) => thread.onError(new Error(`it exited with code ${code}`)));
  return thread;
}

/** A readable reason why a thread was forbidden; `reason` is the error of its start. */
export function threadsForbiddenBy(reason: unknown): string {
  const message = reasonOf(reason);
  return `Node's --permission without --allow-worker forbids threads (${message})`;
}

/** Whether it is certain that a thread has ended when `terminate` has settled. */
export const TERMINATION_IS_CERTAIN = true;

/** Cores that this process may use. */
export function coreCount(): number {
  return availableParallelism();
}

/** Bytes of memory that this process may use: the memory of the machine, or of its container. */
export function memoryBytes(): number {
  return Math.min(totalmem(), process.constrainedMemory() || Infinity);
}

/** Bytes of address space that this process has left (`ulimit -v`). Infinity if there is no limit, or no known limit. */
export function addressSpaceBytes(): number {
  try {
    const limit = /^Max address space\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    const usedKibibytes = /^VmSize:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return limit === undefined ? Infinity : Number(limit) - Number(usedKibibytes ?? 0) * 1024;
  } catch {
    // Not Linux, or no permission to read the files.
    return Infinity;
  }
}

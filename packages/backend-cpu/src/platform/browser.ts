// Threads, cores and memory in browsers.
import type { Thread } from './thread.ts';

/** Starts a thread that runs `text` and receives `start`. */
export function startThread(text: string, start: unknown): Thread {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  const worker = new Worker(url);
  const thread: Thread = {
    onMessage: () => {},
    onError: () => {},
    keepAlive: () => {},
    async terminate() {
      worker.terminate();
      return false;
    },
  };
  worker.addEventListener('message', (event) => {
    URL.revokeObjectURL(url);
    thread.onMessage(event.data);
  });
  worker.addEventListener('error', (event) =>
    thread.onError(event.error ?? new Error(event.message || 'it ended without saying why')),
  );
  worker.addEventListener('messageerror', () => thread.onError(new Error('it could not read a message')));
  worker.postMessage(start);
  return thread;
}

/** Cores that this page may use. */
export function coreCount(): number {
  return navigator.hardwareConcurrency;
}

/** Bytes of memory that this page may use. No browser says; what one WebAssembly memory holds is what all can count with. */
export function memoryBytes(): number {
  return 4 * 2 ** 30;
}

/** What on this platform can forbid threads, for people. */
export const THREADS_FORBIDDEN_BY =
  'a Content-Security-Policy without `worker-src blob:`, one that requires Trusted Types, or a service worker, which has no workers';

/** Bytes of address space that this page has left: no browser says. */
export function addressSpaceBytes(): number {
  return Infinity;
}

// Threads, cores and memory in browsers.
import { reasonOf } from '@rondo/errors';
import type { Thread } from './thread.ts';

/** Starts a thread that runs `text` and receives `start`. */
export function startThread(text: string, start: unknown): Thread {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  const thread: Thread = {
    onMessage: () => {},
    onError: () => {},
    keepAlive: () => {},
    async terminate() {
      begun();
      worker?.terminate();
      return false;
    },
  };
  /** If a policy forbids the worker, the error event of the worker has no message, but this event names the policy. */
  const onViolation = ({ blockedURI, effectiveDirective }: SecurityPolicyViolationEvent): void => {
    if (!blockedURI.startsWith('blob')) return;
    thread.onError(
      new Error(`the directive ${effectiveDirective} of the Content-Security-Policy has no blob:`),
    );
  };
  const begun = (): void => {
    URL.revokeObjectURL(url);
    removeEventListener('securitypolicyviolation', onViolation);
  };
  addEventListener('securitypolicyviolation', onViolation);
  let worker: Worker | undefined;
  try {
    worker = new Worker(url);
  } catch (error) {
    begun();
    throw error;
  }
  worker.addEventListener('message', (event) => {
    begun();
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

/** Bytes of memory that this page may use. Browsers do not report this number, so it is the limit of one WebAssembly memory. */
export function memoryBytes(): number {
  return 4 * 2 ** 30;
}

/** A readable reason why a thread was forbidden; `reason` is the error of its start. */
export function threadsForbiddenBy(reason: unknown): string {
  const message = reasonOf(reason);
  if (typeof Worker !== 'function')
    return 'a service worker, or another worker without `Worker`, has no threads';
  if (/Trusted/.test(message))
    return `the page's Content-Security-Policy requires Trusted Types (require-trusted-types-for), which forbids workers from a blob: address (${message})`;
  return `no worker starts (${message}); workers need blob: in the worker-src of the page's Content-Security-Policy`;
}

/** Whether it is certain that a thread has ended when `terminate` has settled. */
export const TERMINATION_IS_CERTAIN = false;

/** Bytes of address space that this page has left. Browsers do not report it. */
export function addressSpaceBytes(): number {
  return Infinity;
}

// A program that computes on the CPU backend and reports the result. Pages, frames and service workers with their own
// policies run it. The address of this module names the number of threads (`?threads=`).
import { cpu } from '../cpu.ts';

/** The report of a host. */
export interface HostAnswer {
  readonly values?: readonly number[];
  readonly description?: string;
  readonly warnings?: readonly { readonly code: string; readonly message: string }[];
  readonly code?: string;
  readonly message?: string;
}

/** Doubles four numbers. */
export async function computeOnHost(threads: number | 'auto'): Promise<HostAnswer> {
  try {
    const backend = await cpu({ threads });
    const tensor = backend.tensor([1, 4]);
    await backend.write(tensor, Float32Array.of(1, 2, 3, 4));
    const encoder = backend.encoder();
    encoder.copy(encoder.add(tensor, tensor), tensor);
    await backend.submit(encoder);
    const values = [...(await backend.read(tensor))];
    const { description, warnings = [] } = backend;
    await backend.dispose();
    return { values, description, warnings };
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string };
    return { code: String(code), message: String(message) };
  }
}

// The test's server replaces `import()` by a function that only the test's own page has.
Object.assign(globalThis, {
  __vitest_browser_runner__: { wrapDynamicImport: (load: () => unknown) => load() },
});

const asked = new URL(import.meta.url).searchParams.get('threads') ?? 'auto';
const threads = asked === 'auto' ? 'auto' : Number(asked);
if (typeof document === 'undefined')
  addEventListener('message', (event) => {
    const answer = computeOnHost(threads).then((one) => (event.source as Client).postMessage(one));
    (event as ExtendableMessageEvent).waitUntil(answer);
  });
else void computeOnHost(threads).then((answer) => parent.postMessage(answer, '*'));

/** A page as its service worker sees it; the page's own types do not know it. */
interface Client {
  postMessage(message: unknown): void;
}

/** A message to a service worker, which stays alive until `waitUntil` has settled. */
interface ExtendableMessageEvent extends MessageEvent {
  waitUntil(work: Promise<unknown>): void;
}

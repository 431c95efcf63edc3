// A loop through a cache whose loads end when the test ends them.
import { createCache, pinned, type Cache, type CacheOptions } from '@rondo/cache';
import { loopOrder, type PrefetchContext, type PrefetchStrategy } from '../index.ts';

/** Resolves after all work of this turn of the event loop. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
/** The numbers from 0 up to `length`. */
export const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

/** A loop through a cache whose loads end when the test says so. */
export function manual(
  length: number,
  room: number,
  strategy: PrefetchStrategy,
  options: Partial<CacheOptions<number, number>> = {},
  context: Partial<PrefetchContext<number>> = {},
) {
  const loads = new Map<
    number,
    { readonly signal: AbortSignal; finish(): Promise<void>; fail(): Promise<void> }
  >();
  const begun: number[] = [];
  const cache: Cache<number, number> = createCache({
    budgetBytes: room,
    policy: pinned<number>(),
    sizeOf: () => 1,
    load(key, signal) {
      begun.push(key);
      return new Promise((resolve, reject) => {
        const end = async (how: () => void): Promise<void> => {
          loads.delete(key);
          how();
          await settled();
        };
        signal.addEventListener('abort', () => void end(() => reject(signal.reason)));
        loads.set(key, {
          signal,
          finish: () => end(() => resolve(key)),
          fail: () => end(() => reject(new Error('disk on fire'))),
        });
      });
    },
    ...options,
  });
  const prefetcher = strategy({ cache, next: loopOrder(range(length)), ...context });
  const load = (key: number) => {
    const found = loads.get(key);
    if (found === undefined) throw new Error(`${key} is not loading`);
    return found;
  };
  const use = async (key: number): Promise<void> => {
    const access = cache.acquire(key);
    await loads.get(key)?.finish();
    (await access).release();
  };
  return { cache, prefetcher, begun, load, use, loading: () => [...loads.keys()] };
}

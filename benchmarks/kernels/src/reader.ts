// The machine's reading bandwidth as WebAssembly threads see it: the bound for kernels on weights from memory.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { DATA_ADDRESS, WORDS, type ReaderStart } from './reader-worker.ts';

/** Threads that read their own memory. */
export interface Reader {
  /** Reads the first `bytes` bytes (a multiple of 128) `passes` times. Returns the exclusive or of all words read. */
  read(bytes: number, passes: number): Promise<number>;
  dispose(): Promise<void>;
}

/** Starts `threads` threads on memory that repeats `tile` up to `bytes` bytes. */
export async function createReader(
  module: WebAssembly.Module,
  options: { readonly threads: number; readonly bytes: number; readonly tile: Uint8Array },
): Promise<Reader> {
  const { threads, bytes, tile } = options;
  const pages = Math.ceil((DATA_ADDRESS + bytes) / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const data = new Uint8Array(memory.buffer, DATA_ADDRESS);
  for (let at = 0; at < data.length; at += tile.length) data.set(tile.subarray(0, data.length - at), at);
  const words = new Int32Array(memory.buffer, 0, DATA_ADDRESS / 4);
  const start: ReaderStart = { module, memory };
  const workers = await Promise.all(
    Array.from({ length: threads }, async () => {
      const worker = new Worker(new URL('reader-worker.ts', import.meta.url), { workerData: start });
      await once(worker, 'message');
      return worker;
    }),
  );

  return {
    async read(bytes, passes) {
      Atomics.store(words, WORDS.chunk, 0);
      Atomics.store(words, WORDS.finished, 0);
      Atomics.store(words, WORDS.result, 0);
      Atomics.store(words, WORDS.bytes, bytes);
      Atomics.store(words, WORDS.passes, passes);
      Atomics.add(words, WORDS.round, 1);
      Atomics.notify(words, WORDS.round);
      for (;;) {
        const finished = Atomics.load(words, WORDS.finished);
        if (finished === threads) return Atomics.load(words, WORDS.result) >>> 0;
        const change = Atomics.waitAsync(words, WORDS.finished, finished);
        if (change.async) await change.value;
      }
    },
    async dispose() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

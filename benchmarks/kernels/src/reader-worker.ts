// A thread that reads memory on request. Its instructions are words of the same shared memory.
import { parentPort, workerData } from 'node:worker_threads';

/** Indices of 32-bit words at the start of the memory, each in its own cache line. */
export const WORDS = { round: 0, chunk: 16, finished: 32, bytes: 48, passes: 49, result: 64 };
/** Address of the bytes that are read. */
export const DATA_ADDRESS = 65536;

/** The data that a thread receives once. */
export interface ReaderStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
}

async function work(port: NonNullable<typeof parentPort>, { module, memory }: ReaderStart): Promise<void> {
  const abort = () => {
    throw new Error('The reading loop aborted.');
  };
  const { exports } = await WebAssembly.instantiate(module, { env: { memory, abort } });
  const { read } = exports as {
    read(counter: number, start: number, bytes: number, passes: number): number;
  };
  const words = new Int32Array(memory.buffer, 0, DATA_ADDRESS / 4);
  port.postMessage('ready');
  for (let round = 0; ; round++) {
    Atomics.wait(words, WORDS.round, round);
    const bytes = Atomics.load(words, WORDS.bytes);
    const passes = Atomics.load(words, WORDS.passes);
    Atomics.xor(words, WORDS.result, read(WORDS.chunk * 4, DATA_ADDRESS, bytes, passes));
    Atomics.add(words, WORDS.finished, 1);
    Atomics.notify(words, WORDS.finished);
  }
}

if (parentPort) void work(parentPort, workerData as ReaderStart);

// 59: in a page with threads, the next backend takes over the memory of the last one, whose threads have ended.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { cpu } from './cpu.ts';

const { Memory } = WebAssembly;
const PageWorker = globalThis.Worker;
let made: WeakRef<WebAssembly.Memory>[] = [];
let workers = { made: 0, ended: 0 };

beforeEach(() => {
  made = [];
  workers = { made: 0, ended: 0 };
  WebAssembly.Memory = new Proxy(Memory, {
    construct(target, [descriptor]: [WebAssembly.MemoryDescriptor]) {
      const memory = new target(descriptor);
      made.push(new WeakRef(memory));
      return memory;
    },
  });
  globalThis.Worker = class extends PageWorker {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      super(...args);
      workers.made++;
    }
    override terminate(): void {
      workers.ended++;
      super.terminate();
    }
  };
});
afterEach(() => {
  WebAssembly.Memory = Memory;
  globalThis.Worker = PageWorker;
});

const living = () => made.filter((memory) => memory.deref() !== undefined).length;

async function double(backend: Awaited<ReturnType<typeof cpu>>): Promise<number[]> {
  const tensor = backend.tensor([1, 4]);
  await backend.write(tensor, Float32Array.of(1, 2, 3, 4));
  const encoder = backend.encoder();
  encoder.copy(encoder.add(tensor, tensor), tensor);
  await backend.submit(encoder);
  return [...(await backend.read(tensor))];
}

it.each([1, 2, 3])(
  'twenty backends of %i threads in a row live in one memory, and all threads end',
  async (threads) => {
    for (let load = 1; load <= 20; load++) {
      const backend = await cpu({ threads });
      expect(await double(backend)).toEqual([2, 4, 6, 8]);
      await backend.dispose();
      // The memory is taken over each time, or the garbage collector has freed it before.
      expect(living(), `after load ${load}`).toBeLessThanOrEqual(1);
      expect(workers).toEqual({ made: load * threads, ended: load * threads });
    }
  },
);

it('a backend that is disposed of at once, and twice, gives its memory back once', async () => {
  for (let load = 1; load <= 5; load++) {
    const backend = await cpu({ threads: 2 });
    await Promise.all([backend.dispose(), backend.dispose()]);
    expect(living(), `after load ${load}`).toBeLessThanOrEqual(1);
  }
});

it('two backends at a time have a memory each, and the next two take both over', async () => {
  for (let load = 1; load <= 5; load++) {
    const pair = await Promise.all([cpu({ threads: 1 }), cpu({ threads: 2 })]);
    expect(await Promise.all(pair.map(double))).toEqual([
      [2, 4, 6, 8],
      [2, 4, 6, 8],
    ]);
    await Promise.all(pair.map((backend) => backend.dispose()));
    expect(living(), `after load ${load}`).toBeLessThanOrEqual(2);
  }
});

it('a backend that is disposed of while its threads work ends them, and rejects the work', async () => {
  const backend = await cpu({ threads: 2 });
  const tensor = backend.tensor([1, 4]);
  const encoder = backend.encoder();
  encoder.copy(encoder.add(tensor, tensor), tensor);
  const work = Promise.allSettled(Array.from({ length: 100 }, () => backend.submit(encoder)));
  await backend.dispose();
  const settled = await work;
  expect(settled.some(({ status }) => status === 'rejected')).toBe(true);
  expect(workers).toEqual({ made: 2, ended: 2 });
});

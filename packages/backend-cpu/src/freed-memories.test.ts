// 59: nothing holds the memories of a disposed backend, and the next backend takes them over.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Backend } from '@rondo/tensor';
import { describe, expect, it } from 'vitest';
import { createArenas } from './arenas.ts';
import { cpu } from './cpu.ts';
import { createFreedMemories } from './freed-memories.ts';
import { bitsRead, layers } from './test-support/layers.ts';

const MEBIBYTE = 2 ** 20;
const PAGE_BYTES = 65536;
const memoryOf = (bytes: number) =>
  new WebAssembly.Memory({ initial: bytes / PAGE_BYTES, maximum: (64 * MEBIBYTE) / PAGE_BYTES });

describe('freed memories', () => {
  const kind = { shared: false, maximumBytes: 64 * MEBIBYTE };
  const all = { ...kind, count: 9, mostBytes: Infinity };

  it('are given to one taker only, the largest first', () => {
    const freed = createFreedMemories();
    const [small, large] = [memoryOf(MEBIBYTE), memoryOf(2 * MEBIBYTE)];
    freed.give(small, kind);
    freed.give(large, kind);
    expect(freed.take({ ...all, count: 1 })).toEqual([large]);
    expect(freed.take(all)).toEqual([small]);
    expect(freed.take(all)).toEqual([]);
  });

  it.each([
    ['may not grow as far', { maximumBytes: 65 * MEBIBYTE }],
    ['is not shared', { shared: true }],
    ['holds too much', { mostBytes: MEBIBYTE }],
  ])('a memory that %s stays for others', (_, wanted) => {
    const freed = createFreedMemories();
    freed.give(memoryOf(2 * MEBIBYTE), kind);
    expect(freed.take({ ...all, ...wanted })).toEqual([]);
    expect(freed.take(all)).toHaveLength(1);
  });
});

describe('arenas', () => {
  const options = { shared: false, maximumBytes: 7 * MEBIBYTE, arenaBytes: 7 * MEBIBYTE };

  it('take a released memory over with the bytes that it holds, and never grow past their own limit', () => {
    const first = createArenas(options);
    const [memory] = first.memories;
    first.allocate(5 * MEBIBYTE);
    const { bytes } = first;
    first.release(true);
    first.release(true);
    expect([first.bytes, first.memories.length]).toEqual([0, 0]);
    expect(() => first.view(0, PAGE_BYTES, 64)).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    const next = createArenas({ ...options, maximumBytes: 6 * MEBIBYTE });
    expect(next.memories[0]).toBe(memory);
    expect(next.bytes).toBe(bytes);
    next.allocate(5 * MEBIBYTE);
    expect(next.bytes).toBe(bytes);
    expect(() => next.allocate(2 * MEBIBYTE)).toThrow(expect.objectContaining({ code: 'OUT_OF_MEMORY' }));
    next.release(false);
    expect(createArenas(options).memories[0]).not.toBe(memory);
  });

  it('a memory that is still being written to waits until the write has settled', async () => {
    const first = createArenas(options);
    const [memory] = first.memories;
    const write = Promise.withResolvers<void>();
    const writing = first.whileWritten(write.promise);
    first.release(true);
    expect(createArenas(options).memories[0]).not.toBe(memory);
    write.reject(new Error('aborted'));
    await expect(writing).rejects.toThrow('aborted');
    expect(createArenas(options).memories[0]).toBe(memory);
  });
});

/** Leaves memories for the next backend in which every byte is part of a NaN. */
async function leaveNans(threads: number): Promise<void> {
  const backend = await cpu({ threads, maximumBytes: 2 ** 28 });
  const bytes = 32 * MEBIBYTE;
  await backend.slot([{ offset: 0, bytes }], 1).fill({
    size: bytes,
    alignment: 1,
    readInto: async (target) => void target.fill(0xff),
  });
  await backend.dispose();
}

it.each([0, 2])(
  'a backend on memories full of other content computes the same bits, threads: %i',
  async (threads) => {
    const made: Backend[] = [];
    const make = async () => {
      const backend = await cpu({ threads, maximumBytes: 2 ** 28 });
      made.push(backend);
      return { ...backend, dispose: async () => {} };
    };
    const expected = await bitsRead(layers, make);
    await leaveNans(threads);
    let takenBytes = 0;
    const bits = await bitsRead(layers, async () => {
      const backend = await make();
      takenBytes = backend.bytes;
      return backend;
    });
    expect(takenBytes).toBeGreaterThan(32 * MEBIBYTE);
    expect(bits).toEqual(expected);
    for (const backend of made) await backend.dispose();
  },
);

const run = promisify(execFile);
const cpuUrl = new URL('cpu.ts', import.meta.url).href;

/** The JSON output of a program in its own Node process. */
async function child(program: string): Promise<unknown> {
  const { stdout } = await run(
    process.execPath,
    ['--expose-gc', '--conditions=rondo-source', '--input-type=module', '-e', program],
    { cwd: fileURLToPath(new URL('.', import.meta.url)) },
  );
  return JSON.parse(stdout);
}

it.each(['0', '2'])(
  'after dispose, nothing of a backend refers to its memories, threads: %s',
  async (threads) => {
    const counts = await child(`
      const made = [];
      const { Memory } = WebAssembly;
      WebAssembly.Memory = function (descriptor) {
        const memory = new Memory(descriptor);
        made.push(new WeakRef(memory));
        return memory;
      };
      const { cpu } = await import(${JSON.stringify(cpuUrl)});
      const backend = await cpu({ threads: ${threads} });
      const tensor = backend.tensor([1, 4]);
      const slot = backend.slot([{ offset: 0, bytes: 64 }], 1);
      const cache = backend.kvCache({ layers: [{ heads: 1, keySize: 32, valueSize: 32 }], capacity: 8 });
      await slot.fill({ size: 64, alignment: 1, readInto: async (target) => void target.fill(1) });
      const encoder = backend.encoder();
      encoder.copy(encoder.add(tensor, tensor), tensor);
      await backend.submit(encoder);
      await backend.read(tensor);
      const alive = async () => {
        for (let i = 0; i < 3; i++) {
          await new Promise((resolve) => setTimeout(resolve));
          gc();
        }
        return made.filter((memory) => memory.deref()).length;
      };
      const before = await alive();
      await backend.dispose();
      const codes = [];
      await slot.fill({ size: 64, alignment: 1, readInto: async () => {} }).catch(({ code }) => codes.push(code));
      await backend.read(tensor).catch(({ code }) => codes.push(code));
      const after = await alive();
      for (const held of [tensor, slot, cache]) held.free();
      console.log(JSON.stringify({ isSome: before > 0, after, codes, bytes: backend.bytes }));`);
    expect(counts).toEqual({ isSome: true, after: 0, codes: ['CLOSED', 'CLOSED'], bytes: 0 });
  },
);

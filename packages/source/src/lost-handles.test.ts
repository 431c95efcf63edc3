// 32: opening a file leaves no open handle behind, whatever fails meanwhile.
import { constants } from 'node:fs';
import { mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lacks } from '@rondo/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { file, type FileHandleLike } from './index.ts';

const content = Uint8Array.from({ length: 40_000 }, (_, i) => (i * 13 + (i >>> 8)) & 0xff);
/** Large enough that opening measures which way of reading is faster; the file is sparse. */
const LARGE_BYTES = 64 * 2 ** 20;

let folder = '';
let path = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rondo-handles-'));
  path = join(folder, 'model.gguf');
  await writeFile(path, content);
  await truncate(path, LARGE_BYTES);
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

/** Handles that were opened and not closed. */
let openHandles = 0;
let opened: ('direct' | 'buffered')[] = [];
beforeEach(() => {
  openHandles = 0;
  opened = [];
});

type Way = 'direct' | 'buffered';

/** Opens files, counts their handles, and returns handles with some methods replaced. */
const counting =
  (change: (handle: FileHandleLike, way: Way) => Partial<FileHandleLike>) =>
  async (name: string | URL, flags: number): Promise<FileHandleLike> => {
    const way = (flags & constants.O_DIRECT) === 0 ? 'buffered' : 'direct';
    const handle = await open(name, flags);
    openHandles++;
    opened.push(way);
    return {
      read: (...given) => handle.read(...given),
      stat: (options) => handle.stat(options),
      ...change(handle, way),
      async close() {
        openHandles--;
        await handle.close();
      },
    };
  };

const unchanged = () => ({});

/** Makes the construction of WebAssembly memories fail from the given number on, as if no address space were left. */
function refuseMemories(from: number): { readonly asked: number } {
  const seen = { asked: 0 };
  const { Memory } = WebAssembly;
  vi.spyOn(WebAssembly, 'Memory').mockImplementation(function refusing(descriptor) {
    if (seen.asked++ >= from) throw new RangeError('WebAssembly.Memory(): could not allocate memory');
    return new Memory(descriptor);
  });
  return seen;
}

async function readsRight(source: Awaited<ReturnType<typeof file>>): Promise<void> {
  const target = new Uint8Array(content.length);
  await source.readInto(target, 0);
  expect(target).toEqual(content);
}

describe.skipIf(lacks(process.platform === 'linux', 'direct reads need Linux'))(
  'a file opened for direct reads',
  () => {
    it('a file is read buffered if there is no WebAssembly memory, and the direct handle is closed', async () => {
      const memories = refuseMemories(0);
      for (const direct of [true, 'auto'] as const) {
        const source = await file(path, { direct, open: counting(unchanged) });
        expect(source.alignment).toBe(1);
        expect(openHandles).toBe(1);
        await readsRight(source);
        await source.close();
        expect(openHandles).toBe(0);
      }
      expect(memories.asked).toBe(2);
      expect(opened).toEqual(['buffered', 'direct', 'buffered', 'direct']);
    });

    it('a file is read directly if there is no memory for the measurement of both ways', async () => {
      const memories = refuseMemories(1);
      const source = await file(path, { open: counting(unchanged) });
      expect(source.alignment).toBe(4096);
      expect(memories.asked).toBe(2);
      expect(openHandles).toBe(2);
      await readsRight(source);
      await source.close();
      expect(openHandles).toBe(0);
    });

    it.each<[string, (handle: FileHandleLike, way: Way) => Partial<FileHandleLike>]>([
      [
        'refuses the first direct read',
        (_, way) => (way === 'direct' ? { read: () => Promise.reject(new Error('EINVAL')) } : {}),
      ],
      [
        'refuses to say what the direct handle is',
        (_, way) => (way === 'direct' ? { stat: () => Promise.reject(new Error('EIO')) } : {}),
      ],
      [
        'gives another file to the second open',
        (handle, way) =>
          way === 'direct'
            ? {
                async stat(options) {
                  const state = await handle.stat(options);
                  return {
                    ino: state.ino + 1n,
                    size: state.size,
                    mtimeNs: state.mtimeNs,
                    isFile: () => true,
                  };
                },
              }
            : {},
      ],
    ])('is read the ordinary way by a system that %s, and the direct handle is closed', async (_, change) => {
      const source = await file(path, { direct: true, open: counting(change) });
      expect(opened).toEqual(['buffered', 'direct']);
      expect(openHandles).toBe(1);
      await readsRight(source);
      await source.close();
      expect(openHandles).toBe(0);
    });

    it.each<[string, (handle: FileHandleLike, way: Way) => Partial<FileHandleLike>]>([
      [
        'its state cannot be asked',
        (_, way) => (way === 'buffered' ? { stat: () => Promise.reject(new Error('EIO')) } : {}),
      ],
      [
        'the measurement fails',
        (_, way) => (way === 'buffered' ? { read: () => Promise.reject(new Error('EIO')) } : {}),
      ],
    ])('has no handle left when opening fails because %s', async (_, change) => {
      await expect(file(path, { open: counting(change) })).rejects.toMatchObject({ code: 'READ_FAILED' });
      expect(opened).toContain('buffered');
      expect(openHandles).toBe(0);
    });
  },
);

import { constants } from 'node:fs';
import {
  appendFile,
  mkdtemp,
  open,
  readdir,
  readlink,
  rm,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lacks } from '@rondo/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { file, type FileHandleLike } from './index.ts';

const content = Uint8Array.from({ length: 40_000 }, (_, i) => (i * 13 + (i >>> 8)) & 0xff);

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rondo-file-'));
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
async function onDisk(): Promise<string> {
  const path = join(folder, `${files++}.bin`);
  await writeFile(path, content);
  return path;
}

interface Call {
  readonly direct: boolean;
  readonly position: number;
  readonly length: number;
}

/** Opens real files, records each read, and lets a test change the effect of a read. */
function spying(
  change: (
    call: Call,
    read: () => Promise<number>,
    shorten: (length: number) => Promise<number>,
  ) => Promise<number>,
) {
  const calls: Call[] = [];
  return {
    calls,
    async open(path: string | URL, flags: number): Promise<FileHandleLike> {
      const handle = await open(path, flags);
      const direct = (flags & constants.O_DIRECT) !== 0;
      let probed = !direct;
      return {
        async read(buffer, bufferOffset, length, position) {
          const upTo = async (most: number) =>
            (await handle.read(buffer, bufferOffset, most, position)).bytesRead;
          if (!probed) {
            probed = true;
            return { bytesRead: await upTo(length) };
          }
          const call = { direct, position, length };
          calls.push(call);
          return { bytesRead: await change(call, () => upTo(length), upTo) };
        },
        stat: (options) => handle.stat(options),
        close: () => handle.close(),
      };
    },
  };
}

async function openFilesIn(path: string): Promise<number> {
  const links = await readdir('/proc/self/fd');
  const targets = await Promise.all(links.map((link) => readlink(`/proc/self/fd/${link}`).catch(() => '')));
  return targets.filter((target) => target === path).length;
}

const pageAligned = () => new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer);

describe('a changed file', () => {
  it.each([
    ['is truncated', (path: string) => truncate(path, 10_000)],
    ['is cut to nothing', (path: string) => truncate(path, 0)],
    ['grows', (path: string) => appendFile(path, 'more')],
    ['is touched', (path: string) => utimes(path, 1, 1)],
    [
      'grows, and its time is set back',
      async (path: string) => {
        await appendFile(path, 'more');
        await utimes(path, 2, 2);
      },
    ],
  ])('#101 %s: reads reject with SOURCE_CHANGED, and a file opened anew works', async (_, change) => {
    for (const direct of [true, false]) {
      const path = await onDisk();
      await utimes(path, 2, 2);
      const source = await file(path, { direct });
      await source.readInto(new Uint8Array(100), 39_900);
      await change(path);
      await expect(source.readInto(pageAligned().subarray(0, 30_000), 8192)).rejects.toMatchObject({
        code: 'SOURCE_CHANGED',
        details: { path },
      });
      await source.close();
      const again = await file(path, { direct });
      expect(again.identity).not.toBe(source.identity);
      await again.readInto(new Uint8Array(again.size), 0);
      await again.close();
    }
  });
});

describe('reads', () => {
  it('#101 a failing disk gives READ_FAILED with its cause, and the next read works', async () => {
    const path = await onDisk();
    const broken = Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
    let fail = true;
    const spy = spying((_, read) => (fail ? Promise.reject(broken) : read()));
    const source = await file(path, { open: spy.open });
    const target = pageAligned().subarray(0, 8192);
    await expect(source.readInto(target, 0)).rejects.toMatchObject({ code: 'READ_FAILED', cause: broken });
    fail = false;
    await source.readInto(target, 0);
    expect(target).toEqual(content.subarray(0, 8192));
    await source.close();
  });

  it('short reads of a file are continued', async () => {
    const spy = spying((call, _, upTo) => upTo(Math.min(call.length, call.direct ? 4096 : 7)));
    const source = await file(await onDisk(), { open: spy.open });
    const target = pageAligned().subarray(10, 20_000);
    await source.readInto(target, 10);
    expect(target).toEqual(content.subarray(10, 20_000));
    await source.close();
  });

  it('aborting a read of a file takes effect between chunks', async () => {
    const abort = new AbortController();
    const spy = spying((call, read) => {
      if (call.position === 8192) abort.abort('enough');
      return read();
    });
    const source = await file(await onDisk(), { open: spy.open, chunkBytes: 4096 });
    const reading = source.readInto(pageAligned().subarray(0, 40_000), 0, { signal: abort.signal });
    await expect(reading).rejects.toBe('enough');
    expect(spy.calls.map((call) => call.position)).toEqual([0, 4096, 8192]);
    await source.close();
  });
});

// Whether the file system of the temporary folder supports direct reads depends on the machine; Linux on a disk does.
describe.skipIf(lacks(process.platform === 'linux', 'direct reads need Linux'))('direct reads', () => {
  it('direct reads take the aligned body directly and the unaligned ends buffered', async () => {
    const spy = spying((_, read) => read());
    const source = await file(await onDisk(), { open: spy.open });
    expect(source.alignment).toBe(4096);
    await source.readInto(pageAligned().subarray(4000, 4000 + 20_000), 4000);
    expect(spy.calls).toEqual([
      { direct: false, position: 4000, length: 96 },
      { direct: true, position: 4096, length: 16_384 },
      { direct: false, position: 20_480, length: 3520 },
    ]);
    await source.close();
  });

  it('direct reads that the system refuses are made buffered', async () => {
    const refused = Object.assign(new Error('EINVAL: invalid argument'), { code: 'EINVAL' });
    const spy = spying((call, read) => (call.direct ? Promise.reject(refused) : read()));
    const source = await file(await onDisk(), { open: spy.open });
    const target = pageAligned().subarray(0, 40_000);
    await source.readInto(target, 0);
    expect(target).toEqual(content);
    await source.close();
  });

  it('a file on a file system without direct reads has alignment 1', async () => {
    const path = await onDisk();
    const source = await file(path, {
      open: (path, flags) =>
        flags & constants.O_DIRECT ? Promise.reject(new Error('EINVAL')) : open(path, flags),
    });
    expect(source.alignment).toBe(1);
    const target = new Uint8Array(40_000);
    await source.readInto(target, 0);
    expect(target).toEqual(content);
    await source.close();
  });

  it('a file in the page cache is not read directly, unless asked for', async () => {
    const path = await onDisk();
    await truncate(path, 64 * 2 ** 20);
    // Simulates the disk in this test.
    const spy = spying(async (call, read) => {
      if (call.direct) await new Promise((resolve) => setTimeout(resolve, 30));
      return read();
    });
    for (const direct of [undefined, true]) {
      const source = await file(path, { open: spy.open, direct });
      spy.calls.length = 0;
      await source.readInto(pageAligned().subarray(0, 8192), 0);
      expect(spy.calls).toEqual([{ direct: direct === true, position: 0, length: 8192 }]);
      expect(source.alignment).toBe(4096);
      await source.close();
    }
  });

  it('no file handle is left open, whatever happened', async () => {
    const path = await onDisk();
    const source = await file(path);
    expect(await openFilesIn(path)).toBe(2);
    await truncate(path, 0);
    await expect(source.readInto(new Uint8Array(1), 0)).rejects.toThrow();
    await source.close();
    expect(await openFilesIn(path)).toBe(0);
    await expect(file(folder)).rejects.toThrow();
    expect(await openFilesIn(folder)).toBe(0);
  });
});

describe('opening', () => {
  it('opening a missing file or a folder is READ_FAILED with its name', async () => {
    await expect(file('/nowhere/model.gguf')).rejects.toMatchObject({
      code: 'READ_FAILED',
      message: expect.stringContaining('/nowhere/model.gguf'),
    });
    await expect(file(folder)).rejects.toMatchObject({ code: 'READ_FAILED' });
  });

  it('a chunk size that breaks the alignment is refused', async () => {
    for (const chunkBytes of [0, 1000, -4096, NaN]) {
      await expect(file('x', { chunkBytes })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    }
  });

  it('a file URL is opened', async () => {
    const path = await onDisk();
    const source = await file(new URL(`file://${path}`));
    expect(source.size).toBe(content.length);
    await source.close();
  });
});

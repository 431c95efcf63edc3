import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, open, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hookedSource, startRangeServer, type RangeServer } from '@rondo/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  folderStore,
  http,
  memory,
  tiered,
  type ByteSource,
  type ChunkStore,
  type FolderStore,
} from './index.ts';
import { sha256Of } from './sha256.ts';

const chunkBytes = 4096;
const chunkCount = 25;
const content = Uint8Array.from(
  { length: (chunkCount - 1) * chunkBytes + 700 },
  (_, i) => (i * 13 + (i >>> 8)) & 0xff,
);

let root = '';
let server: RangeServer;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rondo-tiered-'));
  server = await startRangeServer();
});
afterAll(async () => {
  await server.close();
  await rm(root, { recursive: true });
});

let folders = 0;
let folder = '';
let store: FolderStore;
beforeEach(() => {
  folder = join(root, `${folders++}`);
  store = folderStore(folder);
  server.intercept = () => false;
  server.requests.length = 0;
});

/** A remote source of these bytes, and the chunks read from it. */
function remoteOf(bytes = content, identity = 'one'): { remote: ByteSource; fetched: number[] } {
  const fetched: number[] = [];
  const remote = hookedSource(memory(bytes, identity), ({ offset }) => {
    fetched.push(offset / chunkBytes);
  });
  return { remote, fetched };
}

async function readAll(source: ByteSource): Promise<Uint8Array> {
  const target = new Uint8Array(source.size);
  await source.readInto(target, 0);
  return target;
}

/** The file in the store that holds the bytes. */
async function storedFile(name: string): Promise<string> {
  const [place = ''] = (await readdir(folder)).filter((entry) => !entry.includes('.'));
  return join(folder, place, name);
}

const all = Array.from({ length: chunkCount }, (_, index) => index);
const sorted = (indexes: readonly number[]) => indexes.toSorted((a, b) => a - b);

describe('what has been read', () => {
  it('bytes read once are not fetched again, neither in the same run nor in the next', async () => {
    const { remote, fetched } = remoteOf();
    const source = await tiered(remote, store, { chunkBytes });
    const target = new Uint8Array(5000);
    await source.readInto(target, 4 * chunkBytes - 100);
    expect(target).toEqual(content.subarray(4 * chunkBytes - 100, 4 * chunkBytes + 4900));
    expect(sorted(fetched)).toEqual([3, 4, 5]);
    await source.readInto(target, 4 * chunkBytes - 50);
    expect(fetched).toHaveLength(3);
    await source.close();

    const later = remoteOf();
    const again = await tiered(later.remote, store, { chunkBytes });
    expect(await readAll(again)).toEqual(content);
    expect(sorted(later.fetched)).toEqual(all.filter((index) => index < 3 || index > 5));
    await again.close();
  });

  it('a chunk read by many callers at the same time is fetched once', async () => {
    const { remote, fetched } = remoteOf();
    const source = await tiered(remote, store, { chunkBytes });
    await Promise.all(all.map((index) => source.readInto(new Uint8Array(600), index * chunkBytes + 100)));
    await Promise.all(Array.from({ length: 8 }, () => readAll(source)));
    expect(sorted(fetched)).toEqual(all);
    await source.close();
  });

  it('a chunk fetched meanwhile by another source with the same store is not fetched again', async () => {
    const [first, second] = [remoteOf(), remoteOf()];
    const downloading = await tiered(first.remote, store, { chunkBytes });
    const reading = await tiered(second.remote, store, { chunkBytes });
    await downloading.readInto(new Uint8Array(5 * chunkBytes), 0);
    expect(await readAll(reading)).toEqual(content);
    expect(sorted(second.fetched)).toEqual(all.slice(5));
    await downloading.download();
    expect(sorted(first.fetched)).toEqual(all.slice(0, 5));
    await Promise.all([downloading.close(), reading.close()]);
  });

  it('an aborted read lets its chunk arrive for the next read, and begins no other chunks', async () => {
    const abort = new AbortController();
    const fetched: number[] = [];
    const remote = hookedSource(memory(content, 'one'), async ({ offset }) => {
      fetched.push(offset / chunkBytes);
      abort.abort('enough');
      await new Promise((resolve) => setImmediate(resolve));
    });
    const source = await tiered(remote, store, { chunkBytes, concurrency: 2 });
    const target = new Uint8Array(content.length);
    await expect(source.readInto(target, 0, { signal: abort.signal })).rejects.toBe('enough');
    expect(target.every((byte) => byte === 0)).toBe(true);
    await source.readInto(new Uint8Array(10), 0);
    expect(fetched.length).toBeLessThanOrEqual(2);
    await source.close();
  });

  it('#62 chunks of another identity are kept apart, and a remote that changes stores nothing', async () => {
    const bytes = content;
    const path = '/changing.gguf';
    server.files.set(path, { bytes, etag: '"one"' });
    const url = server.origin + path;
    const source = await tiered(await http(url, { headBytes: 1 }), store, { chunkBytes });
    await source.readInto(new Uint8Array(2 * chunkBytes), 0);
    server.files.set(path, { bytes: bytes.toReversed(), etag: '"two"' });
    await expect(readAll(source)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
    await source.readInto(new Uint8Array(2 * chunkBytes), 0);
    await source.close();

    const changed = await tiered(await http(url), store, { chunkBytes });
    expect(await readAll(changed)).toEqual(bytes.toReversed());
    await changed.close();
    server.files.set(path, { bytes, etag: '"one"' });
    server.requests.length = 0;
    const back = await tiered(await http(url, { headBytes: 1 }), store, { chunkBytes });
    const target = new Uint8Array(2 * chunkBytes);
    await back.readInto(target, 0);
    expect(target).toEqual(bytes.subarray(0, target.length));
    expect(server.requests).toHaveLength(1);
    await back.close();
  });
});

describe('a store that loses', () => {
  it.each<[string, (file: string, list: string) => Promise<void>, number[]]>([
    ['#74 its end', (file) => truncate(file, 5 * chunkBytes), all.slice(5)],
    ['#74 all bytes', (file) => truncate(file, 0), all],
    ['#74 its list', (_, list) => truncate(list, 0), all],
    [
      'a bit',
      async (file) => {
        const handle = await open(file, 'r+');
        await handle.write(Uint8Array.of((content[7 * chunkBytes + 9] ?? 0) ^ 1), 0, 1, 7 * chunkBytes + 9);
        await handle.close();
      },
      [7],
    ],
    [
      '#70 the end of a line, by a crash',
      async (_, list) => {
        const text = await readFile(list, 'utf8');
        await writeFile(list, text.slice(0, -20));
      },
      [24],
    ],
    ['nothing but gets a line of nonsense', (_, list) => appendFile(list, '\n7 ../../\n99999 x\n\u0000'), []],
  ])('%s has that fetched again, and only that', async (_, damage, lost) => {
    const before = await tiered(remoteOf().remote, store, { chunkBytes, concurrency: 1 });
    await readAll(before);
    await before.close();
    await damage(await storedFile('partial'), await storedFile(`chunks-${chunkBytes}`));

    const { remote, fetched } = remoteOf();
    const source = await tiered(remote, store, { chunkBytes });
    expect(await readAll(source)).toEqual(content);
    expect(sorted(fetched)).toEqual(lost);
    await source.close();

    const last = remoteOf();
    const again = await tiered(last.remote, store, { chunkBytes });
    expect(await readAll(again)).toEqual(content);
    expect(last.fetched).toEqual([]);
    await again.close();
  });

  it('#74 chunks that a store loses while in use are fetched again', async () => {
    const { remote, fetched } = remoteOf();
    const source = await tiered(remote, store, { chunkBytes });
    await readAll(source);
    await truncate(await storedFile('partial'), 10 * chunkBytes);
    // Storing the last chunk again leaves a hole where the others were.
    await source.readInto(new Uint8Array(1), content.length - 1);
    expect(await readAll(source)).toEqual(content);
    expect(fetched).toHaveLength(chunkCount + 15);
    await source.close();
  });
});

describe('a store that is full', () => {
  /** A store that accepts the given number of chunks. */
  const full = (chunks: number): ChunkStore => ({
    async open(what) {
      const stored = await store.open(what);
      let left = chunks;
      return {
        ...stored,
        write: (...args) =>
          left-- > 0 ? stored.write(...args) : Promise.reject(new Error('ENOSPC: no space left on device')),
      };
    },
  });

  it('#73 with a full store reads continue, with one warning, and stored chunks stay in use', async () => {
    const { remote, fetched } = remoteOf();
    const warnings: Error[] = [];
    const source = await tiered(remote, full(3), {
      chunkBytes,
      onWarning: (warning) => warnings.push(warning),
    });
    expect(await readAll(source)).toEqual(content);
    expect(await readAll(source)).toEqual(content);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({ code: 'READ_FAILED', message: expect.stringContaining('ENOSPC') });
    expect(fetched).toHaveLength(2 * chunkCount - 3);
    await expect(source.download()).rejects.toBe(warnings[0]);
    await source.close();
  });

  it('#73 a full store still returns chunks that an earlier run stored', async () => {
    const before = await tiered(remoteOf().remote, store, { chunkBytes });
    await before.readInto(new Uint8Array(10 * chunkBytes), 0);
    await before.close();
    const { remote, fetched } = remoteOf();
    const source = await tiered(remote, full(0), { chunkBytes });
    await source.readInto(new Uint8Array(10), 20 * chunkBytes);
    await source.readInto(new Uint8Array(10 * chunkBytes), 0);
    expect(fetched).toEqual([20]);
    await source.close();
  });

  it('#75 with a store that cannot be opened reads continue, with a warning', async () => {
    const warnings: Error[] = [];
    await writeFile(folder, 'a file where the folder should be');
    const asked: number[] = [];
    const remote = hookedSource(memory(content, 'one'), ({ bytes }) => {
      asked.push(bytes);
    });
    const source = await tiered(remote, store, { onWarning: (warning) => warnings.push(warning) });
    await source.readInto(new Uint8Array(10), 5000);
    // Bytes that are not kept need no whole chunk.
    expect(asked).toEqual([10]);
    expect(await readAll(source)).toEqual(content);
    expect(warnings).toHaveLength(1);
    expect(source.alignment).toBe(1);
    await source.close();
  });
});

describe('download', () => {
  it('a download fetches missing chunks, reports progress, and leaves a file with the content', async () => {
    const { remote, fetched } = remoteOf();
    const source = await tiered(remote, store, { chunkBytes, sha256: await sha256Of(content) });
    await source.readInto(new Uint8Array(1), 0);
    expect(await store.wholeFile('one')).toBeUndefined();
    const progress: number[] = [];
    await source.download({ onProgress: (stored, total) => progress.push(stored / total) });
    expect(progress[0]).toBe(chunkBytes / content.length);
    expect(progress).toEqual(sorted(progress));
    expect(progress.at(-1)).toBe(1);
    expect(sorted(fetched)).toEqual(all);
    expect(new Uint8Array(await readFile((await store.wholeFile('one')) ?? ''))).toEqual(content);
    expect(await readAll(source)).toEqual(content);
    await source.close();
    await store.remove('one');
    expect(await store.wholeFile('one')).toBeUndefined();
  });

  it('a download runs beside reads, and neither fetches chunks that the other has', async () => {
    const { remote, fetched } = remoteOf();
    const source = await tiered(remote, store, { chunkBytes });
    const [, ...read] = await Promise.all([source.download(), readAll(source), readAll(source)]);
    for (const bytes of read) expect(bytes).toEqual(content);
    expect(sorted(fetched)).toEqual(all);
    await source.close();
  });

  it('#69 a download with the right size but wrong bytes is DIGEST_MISMATCH, is quarantined, and starts clean the next time', async () => {
    const wrong = content.toReversed();
    const sha256 = await sha256Of(content);
    const source = await tiered(remoteOf(wrong).remote, store, { chunkBytes, sha256 });
    await expect(source.download()).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      details: { expected: sha256, found: await sha256Of(wrong) },
    });
    await expect(readAll(source)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    await expect(source.download()).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    await source.close();
    expect(await store.wholeFile('one')).toBeUndefined();

    const { remote, fetched } = remoteOf();
    const again = await tiered(remote, store, { chunkBytes, sha256 });
    await again.download();
    expect(fetched).toHaveLength(chunkCount);
    expect(new Uint8Array(await readFile((await store.wholeFile('one')) ?? ''))).toEqual(content);
    await again.close();
  });

  it.each(['../', 'a'.repeat(63), 'a'.repeat(65)])('#72 a download refuses the digest %s', async (sha256) => {
    await expect(tiered(remoteOf().remote, store, { sha256 })).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
    });
  });

  it('a download ends with its signal, and with close', async () => {
    const source = await tiered(remoteOf().remote, store, { chunkBytes });
    await expect(source.download({ signal: AbortSignal.abort('enough') })).rejects.toBe('enough');
    const downloading = expect(source.download()).rejects.toMatchObject({ code: 'CLOSED' });
    await source.close();
    await downloading;
    await expect(source.download()).rejects.toMatchObject({ code: 'CLOSED' });
  });
});

describe('several processes', () => {
  const script = fileURLToPath(new URL('test-support/download.ts', import.meta.url));
  const chunk = 65_536;
  const large = Uint8Array.from({ length: 200 * chunk + 5 }, (_, i) => (i * 7 + (i >>> 8)) & 0xff);
  const start = (url: string) =>
    spawn(process.execPath, ['--conditions=rondo-source', script, url, folder], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  const bodyBytes = () => server.requests.reduce((sum, { sentBytes }) => sum + sentBytes, 0);

  function serve(path: string): string {
    server.files.set(path, { bytes: large, etag: '"large"' });
    return server.origin + path;
  }

  async function expectWhole(url: string): Promise<void> {
    const remote = await http(url);
    await remote.close();
    expect(Buffer.compare(await readFile((await store.wholeFile(remote.identity)) ?? ''), large)).toBe(0);
  }

  it('#70 a download that was killed again and again continues where it stopped', async () => {
    const url = serve('/killed.gguf');
    let kills = 0;
    for (const killAfter of [40, 80, 120, Infinity]) {
      const before = server.requests.length;
      const child = start(url);
      server.intercept = () => {
        if (server.requests.length - before === killAfter) child.kill('SIGKILL');
        return false;
      };
      const [code, signal] = await once(child, 'exit');
      if (signal === 'SIGKILL') kills++;
      else expect(code).toBe(0);
    }
    expect(kills).toBeGreaterThanOrEqual(2);
    // At each kill, only chunks in flight are lost: the four chunks that are fetched at a time.
    expect(bodyBytes()).toBeLessThanOrEqual(large.length + kills * (4 * chunk + 1));
    await expectWhole(url);
  });

  it('#71 two simultaneous downloads of one file both succeed', async () => {
    const url = serve('/shared.gguf');
    const codes = await Promise.all(
      [start(url), start(url)].map(async (child) => (await once(child, 'exit'))[0]),
    );
    expect(codes).toEqual([0, 0]);
    await expectWhole(url);
  });
});

import {
  appendFile,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folderStore } from '../index.ts';
import { sha256Of } from '../sha256.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rondo-store-'));
});
afterEach(() => rm(folder, { recursive: true }));

const content = { identity: 'http://example.com/../../a', chunkBytes: 4096 };
const bytes = new Uint8Array(4096).fill(7);

it('#71 a sealed file is not replaced by a file that is begun anew beside it', async () => {
  const store = folderStore(folder);
  const [first, second] = [await store.open(content), await store.open(content)];
  await first.write(0, bytes, await sha256Of(bytes));
  await first.seal();
  const path = (await store.wholeFile(content.identity)) ?? '';
  await writeFile(join(dirname(path), 'partial'), 'begun');
  await second.seal();
  expect(new Uint8Array(await readFile(path))).toEqual(bytes);
  await Promise.all([first.close(), second.close()]);
});

it('#72 an identity never becomes a path', async () => {
  const chunks = await folderStore(folder).open(content);
  await chunks.close();
  expect(await readdir(folder)).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
});

describe('a file that was sealed', () => {
  const size = bytes.length;

  async function sealed(sha256?: string): Promise<string> {
    const chunks = await folderStore(folder).open({ ...content, size });
    await chunks.write(0, bytes, await sha256Of(bytes));
    await chunks.seal(sha256);
    await chunks.close();
    const path = await folderStore(folder).wholeFile(content.identity);
    if (path === undefined) throw new Error('not sealed');
    return path;
  }

  it('a sealed file that was touched is whole if its digest is known, and otherwise checked chunk by chunk', async () => {
    const store = folderStore(folder);
    const path = await sealed(await sha256Of(bytes));
    await utimes(path, 1, 1);
    expect(await store.wholeFile(content.identity)).toBe(path);
    await sealed();
    await utimes(path, 2, 2);
    expect(await store.wholeFile(content.identity)).toBeUndefined();
    const chunks = await store.open({ ...content, size });
    const target = new Uint8Array(size);
    expect(await chunks.read(0, target, 0, new AbortController().signal)).toBe(true);
    expect(target).toEqual(bytes);
    await chunks.close();
  });

  it.each<[string, (path: string) => Promise<void>]>([
    ['written to', (path) => writeFile(path, bytes.slice().fill(8, 100, 101))],
    ['appended to', (path) => appendFile(path, 'more')],
    ['cut', (path) => truncate(path, 10)],
    [
      'replaced by a symbolic link',
      async (path) => {
        await rename(path, join(folder, 'elsewhere'));
        await symlink(join(folder, 'elsewhere'), path);
      },
    ],
  ])('and %s is no whole file any more', async (_, change) => {
    const path = await sealed(await sha256Of(bytes));
    await change(path);
    expect(await folderStore(folder).wholeFile(content.identity)).toBeUndefined();
    // Sealed anew, the file has its own bytes and nothing behind them.
    expect(new Uint8Array(await readFile(await sealed()))).toEqual(bytes);
  });

  it('a stored file and its folder cannot be read by other users', async () => {
    const path = await sealed();
    const modes = await Promise.all(
      [path, dirname(path), join(dirname(path), 'chunks-4096'), join(dirname(path), 'sealed.json')].map(
        async (name) => (await stat(name)).mode & 0o077,
      ),
    );
    expect(modes).toEqual([0, 0, 0, 0]);
  });
});

it('a symbolic link in the place of a content’s folder is not followed', async () => {
  const store = folderStore(folder);
  const elsewhere = await mkdtemp(join(tmpdir(), 'rondo-elsewhere-'));
  await symlink(elsewhere, store.placeOf(content.identity));
  await expect(store.open(content)).rejects.toMatchObject({ code: 'WRITE_FAILED' });
  expect(await readdir(elsewhere)).toEqual([]);
  await rm(elsewhere, { recursive: true });
});

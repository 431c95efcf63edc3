import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { folderStore } from '../index.ts';
import { sha256Of } from '../sha256.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rondo-store-'));
});
afterEach(() => rm(folder, { recursive: true }));

const content = { identity: 'http://example.com/../../a', chunkBytes: 4096 };
const bytes = new Uint8Array(4096).fill(7);

it('#71 a file that has been sealed is not replaced by one that is begun anew beside it', async () => {
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

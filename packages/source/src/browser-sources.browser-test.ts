// Sources that only a browser has, in headless Chromium.
import { describe, expect, it } from 'vitest';
import { sourceConformance, type MakeSource } from './conformance.ts';
import { blob, opfs } from './index.ts';

let files = 0;
async function inOpfs(bytes: Uint8Array): Promise<FileSystemFileHandle> {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle('sources', { create: true });
  const handle = await folder.getFileHandle(`${files++}.bin`, { create: true });
  const writable = await handle.createWritable();
  await writable.write(Uint8Array.from(bytes));
  await writable.close();
  return handle;
}

const makers: Record<string, MakeSource> = {
  blob: async (bytes) => blob(new Blob([Uint8Array.from(bytes)])),
  'a file the user picked': async (bytes) => blob(new File([Uint8Array.from(bytes)], `${files++}.bin`)),
  'opfs, by path': async (bytes) => opfs(`sources/${(await inOpfs(bytes)).name}`),
  'opfs, by handle': async (bytes) => opfs(await inOpfs(bytes)),
};

describe.each(Object.entries(makers))('conformance of %s', (_, make) => {
  for (const requirement of sourceConformance) it(requirement.name, () => requirement.run(make));
});

it('a file that is written to while it is open is SOURCE_CHANGED, and another one when opened anew', async () => {
  const handle = await inOpfs(new Uint8Array(100));
  const source = await opfs(handle);
  const writable = await handle.createWritable();
  await writable.write(new Uint8Array(200));
  await writable.close();
  await expect(source.readInto(new Uint8Array(10), 0)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  const again = await opfs(handle);
  expect(again.identity).not.toBe(source.identity);
  await again.readInto(new Uint8Array(200), 0);
});

it('#74 a file that was removed while it was open is SOURCE_CHANGED, and cannot be opened any more', async () => {
  const handle = await inOpfs(new Uint8Array(100));
  const source = await opfs(handle);
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('sources');
  await folder.removeEntry(handle.name);
  await expect(source.readInto(new Uint8Array(10), 0)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  await expect(opfs(`sources/${handle.name}`)).rejects.toMatchObject({ code: 'READ_FAILED' });
});

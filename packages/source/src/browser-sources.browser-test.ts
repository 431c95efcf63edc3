// Sources that exist only in browsers, in headless Chromium.
import { describe, expect, it } from 'vitest';
import { sourceConformance, type MakeSource } from './conformance.ts';
import { blob, http, opfs, type ByteSource } from './index.ts';

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
  "http, whose bodies are the browser's": overFetch,
  'opfs, by path': async (bytes) => opfs(`sources/${(await inOpfs(bytes)).name}`),
  'opfs, by handle': async (bytes) => opfs(await inOpfs(bytes)),
};

describe.each(Object.entries(makers))('conformance of %s', (_, make) => {
  for (const requirement of sourceConformance) it(requirement.name, () => requirement.run(make));
});

it('a file written to while it is open is SOURCE_CHANGED, and has another identity when opened again', async () => {
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

it('#74 a file removed while it is open is SOURCE_CHANGED, and cannot be opened again', async () => {
  const handle = await inOpfs(new Uint8Array(100));
  const source = await opfs(handle);
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('sources');
  await folder.removeEntry(handle.name);
  await expect(source.readInto(new Uint8Array(10), 0)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  await expect(opfs(`sources/${handle.name}`)).rejects.toMatchObject({ code: 'READ_FAILED' });
});

/** A source over HTTP whose bodies come from the browser: a blob, which supports ranges, answers the requests. */
async function overFetch(bytes: Uint8Array): Promise<ByteSource> {
  const blobUrl = URL.createObjectURL(new Blob([Uint8Array.from(bytes)]));
  const source = await http('http://localhost/model.gguf', {
    headBytes: 1,
    readAheadBytes: 0,
    fetch: async (_, init) =>
      // Chromium gives no answer for a range of an empty blob.
      bytes.length === 0
        ? new Response(null, { status: 416, headers: { 'Content-Range': 'bytes */0' } })
        : fetch(blobUrl, init),
  });
  const close = async () => {
    await source.close();
    URL.revokeObjectURL(blobUrl);
  };
  return { ...source, close };
}

it('35: an HTTP body is read through one buffer, so that no chunk waits for the garbage collector', async () => {
  const modes: (string | undefined)[] = [];
  const { getReader } = ReadableStream.prototype;
  ReadableStream.prototype.getReader = function (
    this: ReadableStream,
    options?: ReadableStreamGetReaderOptions,
  ) {
    // Throws if the body is no byte stream.
    const reader = Reflect.apply(getReader, this, [options]) as ReadableStreamDefaultReader;
    modes.push(options?.mode);
    return reader;
  } as typeof getReader;
  try {
    const bytes = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 13 + (i >>> 8)) & 0xff);
    const source = await overFetch(bytes);
    const target = new Uint8Array(new SharedArrayBuffer(bytes.length - 10));
    await source.readInto(target, 10);
    expect(target.every((byte, i) => byte === bytes[i + 10])).toBe(true);
    await source.close();
  } finally {
    ReadableStream.prototype.getReader = getReader;
  }
  expect(modes).toEqual(['byob', 'byob']);
});

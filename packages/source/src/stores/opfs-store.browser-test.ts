// Chunks in the browser's own file system, in headless Chromium.
import { afterEach, describe, expect, it } from 'vitest';
import { cdp } from 'vitest/browser';
import { chunkStoreConformance, sourceConformance } from '../conformance.ts';
import { memory, opfsStore, tiered, type ByteSource } from '../index.ts';

const chunkBytes = 65_536;
const content = Uint8Array.from({ length: 20 * chunkBytes + 700 }, (_, i) => (i * 13 + (i >>> 8)) & 0xff);

let folders = 0;
const newFolder = () => `chunks/${folders++}`;

afterEach(async () => {
  const root = await navigator.storage.getDirectory();
  await root.removeEntry('chunks', { recursive: true }).catch(() => {});
});

/** A remote source, and the number of chunks read from it. */
function counting(): { remote: ByteSource; fetched: () => number } {
  const source = memory(content, 'one');
  let reads = 0;
  const remote: ByteSource = {
    ...source,
    async readInto(target, offset, options) {
      reads++;
      await source.readInto(target, offset, options);
    },
  };
  return { remote, fetched: () => reads };
}

async function expectAll(source: ByteSource): Promise<void> {
  const target = new Uint8Array(new SharedArrayBuffer(content.length));
  await source.readInto(target, 0);
  expect(target.every((byte, i) => byte === content[i])).toBe(true);
}

/** The folder with the chunks of the one content stored in `folder`, and the names of their files. */
async function chunkFiles(folder: string): Promise<{ place: FileSystemDirectoryHandle; names: string[] }> {
  let place = await navigator.storage.getDirectory();
  for (const name of folder.split('/')) place = await place.getDirectoryHandle(name);
  for await (const entry of place.values()) if (entry.kind === 'directory') place = entry;
  const names: string[] = [];
  for await (const name of place.keys()) names.push(name);
  return { place, names };
}

describe('conformance of opfsStore', () => {
  for (const requirement of chunkStoreConformance)
    it(requirement.name, () => requirement.run(async () => opfsStore(newFolder())));
});

describe('conformance of tiered(memory, opfsStore)', () => {
  for (const requirement of sourceConformance)
    it(requirement.name, () =>
      requirement.run((bytes) => tiered(memory(bytes), opfsStore(newFolder()), { chunkBytes: 4096 })),
    );
});

it('bytes read once through opfsStore are not fetched again', async () => {
  const store = opfsStore(newFolder());
  for (const fetches of [21, 0]) {
    const { remote, fetched } = counting();
    const source = await tiered(remote, store, { chunkBytes });
    await expectAll(source);
    await source.download();
    expect(fetched()).toBe(fetches);
    await source.close();
  }
});

it('#73 if the quota is used up during a write, reading continues with one warning', async () => {
  const { usage = 0 } = await navigator.storage.estimate();
  const session = cdp();
  await session.send('Storage.overrideQuotaForOrigin', {
    origin: location.origin,
    quotaSize: usage + 10 * chunkBytes,
  });
  try {
    const { remote, fetched } = counting();
    const warnings: Error[] = [];
    const source = await tiered(remote, opfsStore(newFolder()), {
      chunkBytes,
      onWarning: (warning) => warnings.push(warning),
    });
    await expectAll(source);
    await expectAll(source);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.cause).toMatchObject({ name: 'QuotaExceededError' });
    expect(fetched()).toBeGreaterThan(21);
    await source.close();
  } finally {
    await session.send('Storage.overrideQuotaForOrigin', { origin: location.origin });
  }
});

it('#74 chunks evicted by the browser are fetched again, while the source is open and later', async () => {
  const folder = newFolder();
  const { remote, fetched } = counting();
  const source = await tiered(remote, opfsStore(folder), { chunkBytes });
  await expectAll(source);
  const { place, names } = await chunkFiles(folder);
  for (const name of names.slice(0, 5)) await place.removeEntry(name);
  await expectAll(source);
  expect(fetched()).toBe(26);
  await source.close();
  const root = await navigator.storage.getDirectory();
  await root.removeEntry('chunks', { recursive: true });
  const again = await tiered(counting().remote, opfsStore(folder), { chunkBytes });
  await expectAll(again);
  await again.close();
});

it('#75 a chunk that another context has locked is fetched instead', async () => {
  const folder = newFolder();
  const before = await tiered(counting().remote, opfsStore(folder), { chunkBytes });
  await expectAll(before);
  await before.close();
  const { place, names } = await chunkFiles(folder);
  const [name = ''] = names;
  const handle = await place.getFileHandle(name);
  const script = `onmessage = async ({ data }) => {
    const lock = await data.createSyncAccessHandle();
    lock.truncate(10);
    lock.flush();
    postMessage('locked');
  };`;
  const worker = new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })));
  const locked = new Promise((resolve) => worker.addEventListener('message', resolve));
  worker.postMessage(handle);
  await locked;
  try {
    const { remote, fetched } = counting();
    const warnings: Error[] = [];
    const source = await tiered(remote, opfsStore(folder), {
      chunkBytes,
      onWarning: (warning) => warnings.push(warning),
    });
    await expectAll(source);
    await expectAll(source);
    expect(fetched()).toBeGreaterThanOrEqual(1);
    // The chunk could not be stored again.
    expect(warnings).toHaveLength(1);
    await source.close();
  } finally {
    worker.terminate();
  }
});

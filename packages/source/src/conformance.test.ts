import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRangeServer, type RangeServer } from '@rondo/testkit';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { chunkStoreConformance, sourceConformance, type MakeSource } from './conformance.ts';
import { blob, deferred, file, folderStore, http, memory, retry, shards, throttle, tiered } from './index.ts';

let folder = '';
let server: RangeServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rondo-source-'));
  server = await startRangeServer();
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

let files = 0;
async function onDisk(bytes: Uint8Array): Promise<string> {
  const path = join(folder, `${files++}.bin`);
  await writeFile(path, bytes);
  return path;
}

function onServer(bytes: Uint8Array): string {
  const path = `/${files++}.bin`;
  server.files.set(path, { bytes, etag: `"${path}"` });
  return server.origin + path;
}

const newStore = () => folderStore(join(folder, `store-${files++}`));

const makers: Record<string, MakeSource> = {
  memory: async (bytes) => memory(bytes),
  'file, direct': async (bytes) => file(await onDisk(bytes)),
  'file, direct, in chunks of a page': async (bytes) => file(await onDisk(bytes), { chunkBytes: 4096 }),
  'file, buffered': async (bytes) => file(await onDisk(bytes), { direct: false }),
  blob: async (bytes) => blob(new Blob([Uint8Array.from(bytes)])),
  http: async (bytes) => http(onServer(bytes)),
  'http, almost all of it by requests': async (bytes) =>
    http(onServer(bytes), { headBytes: 500, readAheadBytes: 7000 }),
  'shards of files, cut at a page': async (bytes) =>
    shards([
      await file(await onDisk(bytes.subarray(0, 8192))),
      await file(await onDisk(bytes.subarray(8192))),
    ]),
  'shards of memory, cut anywhere': async (bytes) =>
    shards([memory(bytes.subarray(0, 33)), memory(bytes.subarray(33, 33)), memory(bytes.subarray(33))]),
  'throttle(memory)': async (bytes) => throttle(memory(bytes), { bytesPerSecond: 1e9 }),
  'tiered(memory), everything fetched': async (bytes) =>
    tiered(memory(bytes), newStore(), { chunkBytes: 8192 }),
  'tiered(memory), everything stored': async (bytes) => {
    const [store, remote] = [newStore(), memory(bytes)];
    const before = await tiered({ ...remote, close: async () => {} }, store, { chunkBytes: 4096 });
    await before.download();
    await before.close();
    return tiered(remote, store, { chunkBytes: 4096 });
  },
  'tiered(memory), nothing can be stored': async (bytes) =>
    tiered(memory(bytes), { open: () => Promise.reject(new Error('full')) }, { chunkBytes: 8192 }),
  'deferred(memory)': async (bytes) => {
    const source = memory(bytes);
    return deferred(source, async () => source);
  },
  'retry(memory)': async (bytes) => retry(memory(bytes)),
};

describe.each(Object.entries(makers))('conformance of %s', (_, make) => {
  for (const requirement of sourceConformance) it(requirement.name, () => requirement.run(make));
});

describe('conformance of folderStore', () => {
  for (const requirement of chunkStoreConformance)
    it(requirement.name, () => requirement.run(async () => newStore()));
});

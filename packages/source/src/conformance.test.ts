import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRangeServer, type RangeServer } from '@rondo/testkit';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { sourceConformance, type MakeSource } from './conformance.ts';
import { blob, file, http, memory, retry, shards, throttle } from './index.ts';

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
  'retry(memory)': async (bytes) => retry(memory(bytes)),
};

describe.each(Object.entries(makers))('conformance of %s', (_, make) => {
  for (const requirement of sourceConformance) it(requirement.name, () => requirement.run(make));
});

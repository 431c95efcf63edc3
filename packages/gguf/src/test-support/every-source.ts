// The same bytes through every kind of source that Node has, for behaviour that must not depend on the source.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  blob,
  deferred,
  file,
  folderStore,
  http,
  memory,
  retry,
  shards,
  throttle,
  tiered,
  type ByteSource,
} from '@rondo/source';
import { startRangeServer } from '@rondo/testkit';

/** Makes sources of given bytes. */
export interface EverySource {
  /** Calls `use` with one source after another, and closes each source afterwards. */
  each(bytes: Uint8Array, use: (source: ByteSource, kind: string) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** Starts a web server and makes a folder; `close` removes both. */
export async function everySource(): Promise<EverySource> {
  const folder = await mkdtemp(join(tmpdir(), 'rondo-gguf-'));
  const server = await startRangeServer();
  const path = join(folder, 'model.gguf');
  let count = 0;
  const onServer = (bytes: Uint8Array): string => {
    server.files.clear();
    server.files.set('/model.gguf', { bytes, etag: `"${count++}"` });
    return `${server.origin}/model.gguf`;
  };
  const kinds: Readonly<Record<string, (bytes: Uint8Array) => ByteSource | Promise<ByteSource>>> = {
    memory: (bytes) => memory(bytes),
    async file(bytes) {
      await writeFile(path, bytes);
      return file(path);
    },
    http: (bytes) => http(onServer(bytes)),
    blob: (bytes) => blob(new Blob([Uint8Array.from(bytes)])),
    shards: (bytes) => shards([memory(bytes.subarray(0, 7)), memory(bytes.subarray(7))]),
    throttle: (bytes) => throttle(memory(bytes), { bytesPerSecond: 1e9 }),
    retry: (bytes) => retry(memory(bytes)),
    deferred(bytes) {
      const source = memory(bytes);
      return deferred(source, async () => source);
    },
    tiered: (bytes) => tiered(memory(bytes), folderStore(join(folder, `store-${count++}`))),
  };
  return {
    async each(bytes, use) {
      for (const [kind, open] of Object.entries(kinds)) {
        const source = await open(bytes);
        try {
          await use(source, kind);
        } finally {
          await source.close();
        }
      }
    },
    async close() {
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}

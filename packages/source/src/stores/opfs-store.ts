// Keeps chunks in the browser's own file system (origin private file system), one file for each chunk. Works in pages and
// workers, without locks. Two pages may write at once, because a file is replaced as a whole when it is closed.
import { opfsRoot } from '../opfs-root.ts';
import { sha256OfText } from '../sha256.ts';
import type { ChunkStore, StoredChunks, StoredContent } from './chunk-store.ts';

/**
 * A store in this folder of the origin private file system; the folder is made when needed. The browser may delete the
 * folder, unless `navigator.storage.persist()` was granted.
 */
export function opfsStore(folder: string): ChunkStore {
  return {
    async open({ identity, chunkBytes }: StoredContent): Promise<StoredChunks> {
      const names = [...folder.split('/').filter((name) => name !== ''), sha256OfText(identity)];
      let parent = await opfsRoot();
      let place = parent;
      for (const name of names) {
        parent = place;
        place = await parent.getDirectoryHandle(name, { create: true });
      }
      const nameOf = (index: number, digest: string) => `${chunkBytes}-${index}-${digest}`;
      const digests = new Map<number, string>();
      for await (const name of place.keys()) {
        const [, bytes, index, digest] = /^(\d+)-(\d+)-([0-9a-f]{64})$/.exec(name) ?? [];
        if (digest !== undefined && Number(bytes) === chunkBytes) digests.set(Number(index), digest);
      }

      return {
        alignment: 1,
        digests: async () => digests,
        async read(index, target, offset, signal) {
          try {
            const handle = await place.getFileHandle(nameOf(index, digests.get(index) ?? ''));
            const content = await handle.getFile();
            const bytes = await content.slice(offset, offset + target.length).arrayBuffer();
            signal.throwIfAborted();
            if (bytes.byteLength !== target.length) return false;
            target.set(new Uint8Array(bytes));
            return true;
          } catch {
            signal.throwIfAborted();
            return false;
          }
        },
        async write(index, bytes, digest) {
          const former = digests.get(index);
          const name = nameOf(index, digest);
          const handle = await place.getFileHandle(name, { create: true });
          const writable = await handle.createWritable();
          try {
            await writable.write(bytes as Uint8Array<ArrayBuffer>);
            await writable.close();
          } catch (error) {
            await writable.abort().catch(() => {});
            throw error;
          }
          digests.set(index, digest);
          if (former !== undefined && former !== digest)
            await place.removeEntry(nameOf(index, former)).catch(() => {});
        },
        async seal() {},
        // Folders cannot be renamed in this file system.
        quarantine: () => parent.removeEntry(place.name, { recursive: true }),
        async close() {},
      };
    },
  };
}

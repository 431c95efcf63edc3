// Keeps chunks in a folder of the local disk, for Node. Each content is one sparse file, usable as a file once all chunks are
// present, with a list of its chunks. The list only grows by lines, and each chunk lies at its own offset. Several processes
// can therefore write at once without locks, since all of them write the same bytes.
import type { FileHandle } from 'node:fs/promises';
import { RondoError } from '@rondo/errors';
import { openFileReader } from '../file-reader.ts';
import { nodeModules } from '../node-modules.ts';
import { sha256OfText } from '../sha256.ts';
import type { ChunkStore, StoredChunks, StoredContent } from './chunk-store.ts';
import { checkSealed, noteLastState } from './seal-note.ts';

/** A store whose whole files have a path. */
export interface FolderStore extends ChunkStore {
  /**
   * Path of the file with this identity, if the file was sealed and has not changed since; otherwise undefined. A file that
   * was written to after sealing counts as incomplete: each of its chunks is checked when the chunk is needed.
   */
  wholeFile(identity: string): Promise<string | undefined>;
  /** Deletes the content with this identity. Code that has opened the content can continue. */
  remove(identity: string): Promise<void>;
  /** The folder for this identity. */
  placeOf(identity: string): string;
}

/** One chunk in the list. Line breaks stand on both sides, so that a line cut off by a crash damages no other line. */
const line = (index: number, digest: string) => `\n${index} ${digest}\n`;
const linePattern = /^(\d+) ([0-9a-f]{64})$/;
/** Stored content may be private: other users may read neither the content nor its name. */
const ownFile = 0o600;
const ownFolder = 0o700;

/**
 * A store in this folder, which is made when needed. Symbolic links in the folder are not followed.
 *
 * @throws RondoError `UNSUPPORTED` outside Node
 */
export function folderStore(folder: string): FolderStore {
  const { fs, path } = nodeModules('folderStore()');
  const { lstat, mkdir, open, rename, rm } = fs.promises;
  // Windows has no such flag, and no links that ordinary users may make.
  const { O_RDWR, O_CREAT, O_APPEND, O_NOFOLLOW = 0 } = fs.constants;
  const placeOf = (identity: string) => path.join(folder, sha256OfText(identity));
  const exists = (file: string) =>
    lstat(file).then(
      () => true,
      () => false,
    );

  /** The path of the whole file, if the file is unchanged since it was sealed; otherwise the file counts as incomplete. */
  async function wholeIn(place: string): Promise<string | undefined> {
    const whole = path.join(place, 'whole');
    if (!(await exists(whole))) return undefined;
    if (await checkSealed(place)) return whole;
    const found = await lstat(whole).catch(() => undefined);
    if (found?.isFile()) await rename(whole, path.join(place, 'partial')).catch(() => {});
    else await rm(whole, { recursive: true, force: true });
    return undefined;
  }

  return {
    async open({ identity, chunkBytes, size = Infinity }: StoredContent): Promise<StoredChunks> {
      const place = placeOf(identity);
      await mkdir(place, { recursive: true, mode: ownFolder });
      if (!(await lstat(place)).isDirectory()) throw notFollowed(place);
      const [partial, whole] = [path.join(place, 'partial'), path.join(place, 'whole')];
      const content = (await wholeIn(place)) ?? partial;
      const writer = await open(content, O_RDWR | O_CREAT | O_NOFOLLOW, ownFile);
      const opened: { close(): Promise<void> }[] = [writer];
      const close = async (): Promise<void> => {
        await Promise.all(opened.map((handle) => handle.close()));
      };
      try {
        const listName = path.join(place, `chunks-${chunkBytes}`);
        const list = await open(listName, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW, ownFile);
        opened.push(list);
        // Direct reads without a measurement. Bytes just written are in the page cache, but a streaming model does not need
        // them there.
        const reader = await openFileReader(content, {
          direct: true,
          open: (name, flags) => open(name, flags | O_NOFOLLOW),
        });
        opened.push(reader);
        const listed = readList(list);
        return {
          alignment: reader.alignment,
          digests: listed,
          async read(index, target, offset, signal) {
            try {
              return (await reader.read(target, index * chunkBytes + offset, signal)) === target.length;
            } catch {
              signal.throwIfAborted();
              return false;
            }
          },
          async write(index, bytes, digest) {
            await writeAll(writer, bytes, index * chunkBytes);
            await list.appendFile(line(index, digest));
          },
          async seal(sha256) {
            // Bytes appended by another program belong to no chunk.
            if ((await writer.stat()).size > size) await writer.truncate(size);
            await writer.sync();
            // The state by the handle, because another process may rename the file at any moment.
            const mine = await writer.stat({ bigint: true });
            const inodeOf = async (name: string) =>
              (await lstat(name, { bigint: true }).catch(() => undefined))?.ino;
            // Another process may have sealed this file already, and a third process may have begun a new `partial` file.
            const isSealed = (await inodeOf(partial)) !== mine.ino;
            if (!isSealed || (await inodeOf(whole)) === mine.ino)
              await noteLastState(place, () => writer.stat({ bigint: true }), sha256);
            if (isSealed) return;
            await rename(partial, whole).catch(async (error: unknown) => {
              if (!(await exists(whole))) throw error;
            });
          },
          async quarantine() {
            // Windows does not rename open files.
            await close();
            await rm(`${place}.quarantined`, { recursive: true, force: true });
            await rename(place, `${place}.quarantined`);
          },
          close,
        };
      } catch (error) {
        await close();
        throw error;
      }
    },
    async wholeFile(identity) {
      const place = placeOf(identity);
      const isFolder = (await lstat(place).catch(() => undefined))?.isDirectory() ?? false;
      return isFolder ? wholeIn(place) : undefined;
    },
    remove: (identity) => rm(placeOf(identity), { recursive: true, force: true }),
    placeOf,
  };
}

function notFollowed(place: string): RondoError {
  return new RondoError(
    'WRITE_FAILED',
    `${place} is a symbolic link, which is not followed there. Delete it.`,
    { details: { path: place } },
  );
}

/** Bytes of the list that are read at once. */
const listPieceBytes = 2 ** 20;

/** Reads the lines added to the list since the last call. */
function readList(list: FileHandle): () => Promise<ReadonlyMap<number, string>> {
  const digests = new Map<number, string>();
  let read = 0;
  let reading: Promise<unknown> = Promise.resolve();
  async function readOn(): Promise<void> {
    for (;;) {
      const { buffer, bytesRead } = await list.read(Buffer.alloc(listPieceBytes), 0, listPieceBytes, read);
      const text = buffer.toString('latin1', 0, bytesRead);
      const complete = text.slice(0, text.lastIndexOf('\n') + 1);
      for (const one of complete.split('\n')) {
        const [, index, digest] = linePattern.exec(one) ?? [];
        if (digest !== undefined) digests.set(Number(index), digest);
      }
      // No line is as long as a piece: a piece without a line break was not written by this store.
      read += complete.length > 0 || bytesRead < listPieceBytes ? complete.length : bytesRead;
      if (bytesRead < listPieceBytes) return;
    }
  }
  return async () => {
    // One call at a time; otherwise a line would be read twice.
    const mine = reading.then(readOn);
    reading = mine.catch(() => {});
    await mine;
    return digests;
  };
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}

// Keeps chunks in a folder of the local disk, for Node. Each content is one sparse file, to be used as such once it is
// whole, with a list of the chunks that are in it. Only lines are added to the list, and chunks are where they belong, so
// several processes can write at once without locks: they write the same.
import type { FileHandle } from 'node:fs/promises';
import { openFileReader } from '../file-reader.ts';
import { nodeModules } from '../node-modules.ts';
import { sha256OfText } from '../sha256.ts';
import type { ChunkStore, StoredChunks, StoredContent } from './chunk-store.ts';

/** A store whose whole files have a path. */
export interface FolderStore extends ChunkStore {
  /** Path of the file with this identity, where it has been sealed; undefined otherwise. */
  wholeFile(identity: string): Promise<string | undefined>;
  /** Deletes what is stored under this identity. Whoever has it open can go on. */
  remove(identity: string): Promise<void>;
}

/** One chunk in the list. Line breaks on both sides: a line that was cut off by a crash spoils no other. */
const line = (index: number, digest: string) => `\n${index} ${digest}\n`;
const linePattern = /^(\d+) ([0-9a-f]{64})$/;

/**
 * A store in this folder, which is made when it is needed.
 *
 * @throws RondoError `UNSUPPORTED` outside Node
 */
export function folderStore(folder: string): FolderStore {
  const { fs, path } = nodeModules('folderStore()');
  const { mkdir, open, rename, rm, stat } = fs.promises;
  const placeOf = (identity: string) => path.join(folder, sha256OfText(identity));
  const exists = (file: string) =>
    stat(file).then(
      () => true,
      () => false,
    );

  return {
    async open({ identity, chunkBytes }: StoredContent): Promise<StoredChunks> {
      const place = placeOf(identity);
      const [partial, whole] = [path.join(place, 'partial'), path.join(place, 'whole')];
      await mkdir(place, { recursive: true });
      const content = (await exists(whole)) ? whole : partial;
      const { O_RDWR, O_CREAT } = fs.constants;
      const writer = await open(content, O_RDWR | O_CREAT);
      const opened: { close(): Promise<void> }[] = [writer];
      const close = async (): Promise<void> => {
        await Promise.all(opened.map((handle) => handle.close()));
      };
      try {
        const list = await open(path.join(place, `chunks-${chunkBytes}`), 'a+');
        opened.push(list);
        // What was just written is in the page cache; what a streaming model reads again and again need not be.
        const reader = await openFileReader(content, { direct: true });
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
          async seal() {
            await writer.sync();
            const [mine, there] = await Promise.all([writer.stat(), stat(partial).catch(() => undefined)]);
            // Another process may have sealed it already, and somebody begun anew.
            if (there?.ino !== mine.ino) return;
            await rename(partial, whole).catch(async (error: unknown) => {
              if (!(await exists(whole))) throw error;
            });
          },
          async quarantine() {
            // Windows does not rename what is open.
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
      const whole = path.join(placeOf(identity), 'whole');
      return (await exists(whole)) ? whole : undefined;
    },
    remove: (identity) => rm(placeOf(identity), { recursive: true, force: true }),
  };
}

/** Reads what has been added to the list since the last call. */
function readList(list: FileHandle): () => Promise<ReadonlyMap<number, string>> {
  const digests = new Map<number, string>();
  let read = 0;
  let reading: Promise<unknown> = Promise.resolve();
  async function readOn(): Promise<void> {
    const { size } = await list.stat();
    const { buffer, bytesRead } = await list.read(
      Buffer.alloc(Math.max(0, size - read)),
      0,
      size - read,
      read,
    );
    const text = buffer.toString('latin1', 0, bytesRead);
    const complete = text.slice(0, text.lastIndexOf('\n') + 1);
    read += complete.length;
    for (const one of complete.split('\n')) {
      const [, index, digest] = linePattern.exec(one) ?? [];
      if (digest !== undefined) digests.set(Number(index), digest);
    }
  }
  return async () => {
    // One at a time, or a line would be read twice.
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

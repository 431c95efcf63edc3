// The handles of an open file and the two ways to read the file, for Node. Changes of the file are not noticed here.
import { reasonOf, RondoError, shownValue } from '@rondo/errors';
import { alwaysDirect, measureReadWay } from './direct-or-buffered.ts';
import type { FileHandleLike, FileState } from './file-handle.ts';
import { directAlignment, nextStep } from './file-steps.ts';
import { nodeModules } from './node-modules.ts';

/** How a file is read. */
export interface FileOptions {
  /**
   * Whether reads bypass the page cache (`O_DIRECT`) if the system and the target's address allow it. Default `'auto'`: a
   * file of 64 MiB or more is measured for some milliseconds, and read through the page cache if most of the file is in
   * the page cache. Smaller files are read directly.
   */
  readonly direct?: boolean | 'auto' | undefined;
  /** The most bytes of one read call, a multiple of 4096; an abort takes effect between two calls. Default 8 MiB. */
  readonly chunkBytes?: number | undefined;
  /** Opens a file with the given flags. Default: Node's `fs.promises.open`. */
  readonly open?: ((path: string | URL, flags: number) => Promise<FileHandleLike>) | undefined;
}

/** An open file. */
export interface FileReader {
  /** The state of the file when it was opened. */
  readonly state: FileState;
  /** See `ByteSource.alignment`. */
  readonly alignment: number;
  /** Fills `target` with the bytes from `offset` on, up to the end of the file. Returns the number of bytes. */
  read(target: Uint8Array, offset: number, signal: AbortSignal): Promise<number>;
  /** The present state of the file. */
  stat(): Promise<FileState>;
  close(): Promise<void>;
}

const defaultChunkBytes = 8 * 1024 * 1024;

/**
 * Opens a file; its methods throw `READ_FAILED` with the system's reason.
 *
 * @throws RondoError `READ_FAILED`, `BAD_ARGUMENT`, `UNSUPPORTED` outside Node
 */
export async function openFileReader(path: string | URL, options: FileOptions): Promise<FileReader> {
  const { direct: wanted = 'auto', chunkBytes = defaultChunkBytes } = options;
  if (!Number.isSafeInteger(chunkBytes) || chunkBytes <= 0 || chunkBytes % directAlignment !== 0) {
    throw new RondoError(
      'BAD_ARGUMENT',
      `chunkBytes is ${shownValue(chunkBytes)}; give a positive multiple of ${directAlignment}.`,
      { details: { chunkBytes } },
    );
  }
  const { constants, promises } = nodeModules('file()').fs;
  const open = options.open ?? ((path, flags) => promises.open(path, flags));
  const name = String(path);

  // Without O_NONBLOCK, which has no effect on files, opening a named pipe would wait until some process writes to it.
  const buffered = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(
    (cause: unknown) => {
      throw readFailed(name, 'open', cause);
    },
  );
  let direct: FileHandleLike | undefined;
  let way = alwaysDirect;
  let state: FileState;
  try {
    const stat = await buffered.stat({ bigint: true });
    if (!stat.isFile()) throw new Error(notRegular);
    state = { ino: stat.ino, size: stat.size, mtimeNs: stat.mtimeNs };
    if (wanted !== false) direct = await openDirect(path, open, constants, stat.ino);
    if (wanted === 'auto' && direct !== undefined)
      way = await measureReadWay(direct, buffered, Number(stat.size));
  } catch (cause) {
    await Promise.all([buffered.close(), direct?.close()]);
    throw readFailed(name, 'open', cause);
  }

  async function readStep(
    mayBeDirect: boolean,
    target: Uint8Array,
    start: number,
    bytes: number,
    position: number,
  ): Promise<number> {
    try {
      if (mayBeDirect && direct !== undefined && way.direct) {
        try {
          return (await direct.read(target, start, bytes, position)).bytesRead;
        } catch (error) {
          // The memory of the buffer may not begin at a page, which JavaScript cannot see. The read is then buffered.
          if (!isInvalidArgument(error)) throw error;
        }
      }
      const startMs = performance.now();
      const { bytesRead } = await buffered.read(target, start, bytes, position);
      if (mayBeDirect) way.bufferedTook(bytesRead, performance.now() - startMs);
      return bytesRead;
    } catch (cause) {
      throw readFailed(name, `read ${bytes} bytes at offset ${position} of`, cause);
    }
  }

  return {
    state,
    alignment: direct === undefined ? 1 : directAlignment,
    async read(target, offset, signal) {
      let done = 0;
      while (done < target.length) {
        signal.throwIfAborted();
        const step = nextStep(offset + done, target.byteOffset + done, target.length - done, chunkBytes);
        const bytesRead = await readStep(step.direct, target, done, step.bytes, offset + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return done;
    },
    async stat() {
      try {
        return await buffered.stat({ bigint: true });
      } catch (cause) {
        throw readFailed(name, 'stat', cause);
      }
    },
    async close() {
      await Promise.all([buffered.close(), direct?.close()]);
    },
  };
}

/** A second handle whose reads bypass the page cache; undefined if the system or the file system does not support that. */
async function openDirect(
  path: string | URL,
  open: NonNullable<FileOptions['open']>,
  constants: typeof import('node:fs').constants,
  inode: bigint,
): Promise<FileHandleLike | undefined> {
  // Absent on macOS and Windows, although the types include it.
  const flag: number | undefined = constants.O_DIRECT;
  if (flag === undefined) return undefined;
  const handle = await open(path, constants.O_RDONLY | flag).catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    // Some file systems accept the flag and refuse the read. WebAssembly memory begins at a page, so the address is
    // right. If there is no address space left for such memory, reads stay buffered.
    const page = new Uint8Array(
      new WebAssembly.Memory({ initial: 1, maximum: 1 }).buffer,
      0,
      directAlignment,
    );
    await handle.read(page, 0, directAlignment, 0);
    // Another file may have taken the name between the two calls of open.
    if ((await handle.stat({ bigint: true })).ino === inode) return handle;
  } catch {
    // Refused: reads stay buffered.
  }
  await handle.close();
  return undefined;
}

function isInvalidArgument(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EINVAL';
}

const notRegular = 'it is not a regular file';

function readFailed(name: string, what: string, cause: unknown): RondoError {
  // Linux answers with this code when a socket is opened.
  const isSocket = cause instanceof Error && 'code' in cause && cause.code === 'ENXIO';
  const message = reasonOf(cause);
  const reason = isSocket ? notRegular : message;
  return new RondoError(
    'READ_FAILED',
    `Cannot ${what} ${name}: ${reason}. Check the path, the rights and the disk.`,
    {
      details: { path: name },
      cause,
    },
  );
}

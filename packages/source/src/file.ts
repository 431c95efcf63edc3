// A source over a local file, for Node (and what offers Node's modules). Importing this file is harmless anywhere: the
// modules are asked for when `file()` is called, so bundles for browsers need no shim.
import { RondoError } from '@rondo/errors';
import type { ByteSource } from './byte-source.ts';
import { createSource } from './create-source.ts';
import { directAlignment, nextStep } from './file-steps.ts';

/** The part of Node's `FileHandle` that a file source uses. */
export interface FileHandleLike {
  /** Reads up to `length` bytes of the file from `position` on into the buffer. */
  read(
    buffer: Uint8Array,
    bufferOffset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>;
  /** What the file is now. */
  stat(options: { readonly bigint: true }): Promise<
    FileState & {
      /** Whether it is an ordinary file: no folder, no device. */
      isFile(): boolean;
    }
  >;
  /** Gives the file back to the system. */
  close(): Promise<void>;
}

/**
 * What tells one content of a file from another.
 *
 * @inline
 */
interface FileState {
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
}

/** How a file is read. */
export interface FileOptions {
  /** Read past the page cache (`O_DIRECT`) where the system and the target's address allow it. Default true. */
  readonly direct?: boolean | undefined;
  /** Most bytes of one read call, a multiple of 4096; an abort takes effect between two of them. Default 8 MiB. */
  readonly chunkBytes?: number | undefined;
  /** Opens a file with the given flags. Default: Node's `fs.promises.open`. */
  readonly open?: ((path: string | URL, flags: number) => Promise<FileHandleLike>) | undefined;
}

const defaultChunkBytes = 8 * 1024 * 1024;

/**
 * Opens a file of the local disk.
 *
 * On Linux, reads go past the page cache where file offset and target address agree modulo 4096; the ragged ends, and
 * everything on other systems, by the ordinary way. The address that counts is the real one: `byteOffset` of a view on
 * `WebAssembly.Memory`, which begins on a page. Memory from `new ArrayBuffer` usually does not; it is read by the
 * ordinary way.
 *
 * An abort takes effect between two chunks, never while the system writes to the target, so the target is free for other
 * use as soon as the promise settles. The file is watched by size and modification time: what they do not show is
 * not seen.
 *
 * @throws RondoError `READ_FAILED` when the file cannot be opened, `UNSUPPORTED` outside Node
 */
export async function file(path: string | URL, options: FileOptions = {}): Promise<ByteSource> {
  const chunkBytes = options.chunkBytes ?? defaultChunkBytes;
  if (!Number.isSafeInteger(chunkBytes) || chunkBytes <= 0 || chunkBytes % directAlignment !== 0) {
    throw new RondoError(
      'BAD_ARGUMENT',
      `chunkBytes is ${chunkBytes}; give a positive multiple of ${directAlignment}.`,
      {
        details: { chunkBytes },
      },
    );
  }
  const { constants, promises } = nodeFileSystem();
  const open = options.open ?? ((path, flags) => promises.open(path, flags));
  const name = String(path);

  const buffered = await open(path, constants.O_RDONLY).catch((cause: unknown) => {
    throw readFailed(name, 'open', cause);
  });
  let direct: FileHandleLike | undefined;
  let opened: FileState;
  try {
    const state = await buffered.stat({ bigint: true });
    if (!state.isFile()) throw new Error('it is not a regular file');
    opened = { ino: state.ino, size: state.size, mtimeNs: state.mtimeNs };
    if (options.direct !== false) direct = await openDirect(path, open, constants, opened.ino);
  } catch (cause) {
    await buffered.close();
    throw readFailed(name, 'open', cause);
  }

  const size = Number(opened.size);
  const identity = `file:${name}:${opened.size}:${opened.mtimeNs}`;

  async function read(target: Uint8Array, offset: number, signal: AbortSignal): Promise<void> {
    let done = 0;
    while (done < target.length) {
      signal.throwIfAborted();
      const step = nextStep(offset + done, target.byteOffset + done, target.length - done, chunkBytes);
      const bytesRead = await readStep(
        step.direct ? direct : undefined,
        target,
        done,
        step.bytes,
        offset + done,
      );
      if (bytesRead === 0) throw changed(name, `it ends at ${offset + done}, not at ${size}`, opened);
      done += bytesRead;
    }
    const now = await buffered.stat({ bigint: true }).catch((cause: unknown) => {
      throw readFailed(name, 'stat', cause);
    });
    if (now.size !== opened.size)
      throw changed(name, `its size was ${opened.size} and is ${now.size}`, opened);
    if (now.mtimeNs !== opened.mtimeNs) throw changed(name, 'it was written to', opened);
  }

  async function readStep(
    directHandle: FileHandleLike | undefined,
    target: Uint8Array,
    start: number,
    bytes: number,
    position: number,
  ): Promise<number> {
    try {
      if (directHandle !== undefined) {
        try {
          return (await directHandle.read(target, start, bytes, position)).bytesRead;
        } catch (error) {
          // The buffer itself may begin off a page, which nobody can see from JavaScript.
          if (!isInvalidArgument(error)) throw error;
        }
      }
      return (await buffered.read(target, start, bytes, position)).bytesRead;
    } catch (cause) {
      throw readFailed(name, `read ${bytes} bytes at offset ${position} of`, cause);
    }
  }

  return createSource({
    size,
    identity,
    alignment: direct === undefined ? 1 : directAlignment,
    read,
    async close() {
      await Promise.all([buffered.close(), direct?.close()]);
    },
  });
}

function nodeFileSystem(): typeof import('node:fs') {
  const fileSystem = globalThis.process?.getBuiltinModule?.('node:fs');
  if (fileSystem !== undefined) return fileSystem;
  throw new RondoError(
    'UNSUPPORTED',
    'file() reads the local disk, which only Node and its like can do. In a browser, read the bytes and use memory().',
  );
}

/** A second handle that reads past the page cache, or undefined where the system or the file system cannot. */
async function openDirect(
  path: string | URL,
  open: NonNullable<FileOptions['open']>,
  constants: typeof import('node:fs').constants,
  inode: bigint,
): Promise<FileHandleLike | undefined> {
  // Absent on macOS and Windows, whatever the types say.
  const flag: number | undefined = constants.O_DIRECT;
  if (flag === undefined) return undefined;
  const handle = await open(path, constants.O_RDONLY | flag).catch(() => undefined);
  if (handle === undefined) return undefined;
  // Some file systems take the flag and refuse the read. WebAssembly memory begins on a page, so the address is right.
  const page = new Uint8Array(new WebAssembly.Memory({ initial: 1, maximum: 1 }).buffer, 0, directAlignment);
  try {
    await handle.read(page, 0, directAlignment, 0);
    // Another file may have taken the name between the two opens.
    if ((await handle.stat({ bigint: true })).ino === inode) return handle;
  } catch {
    // Refused: the ordinary way remains.
  }
  await handle.close();
  return undefined;
}

function isInvalidArgument(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EINVAL';
}

function readFailed(name: string, what: string, cause: unknown): RondoError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new RondoError(
    'READ_FAILED',
    `Cannot ${what} ${name}: ${reason}. Check the path, the rights and the disk.`,
    {
      details: { path: name },
      cause,
    },
  );
}

function changed(name: string, how: string, opened: FileState): RondoError {
  return new RondoError(
    'SOURCE_CHANGED',
    `The file ${name} changed while it was open: ${how}. Open it again.`,
    {
      details: { path: name, openedBytes: Number(opened.size) },
    },
  );
}

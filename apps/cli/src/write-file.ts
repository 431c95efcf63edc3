// Writes a file that is either whole or absent: under another name first, then moved into place.
import { randomBytes } from 'node:crypto';
import { access, constants, lstat, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { reasonOf, RondoError } from '@rondo/errors';
import { systemReason } from './system-errors.ts';

/** How to write. */
export interface WriteFileOptions {
  /** Whether to replace an existing file with this name; otherwise it is an error. */
  readonly force: boolean;
  readonly signal: AbortSignal;
  readonly onProgress?: (writtenBytes: number) => void;
  /** Opens a file that must not exist. Default: Node's `open`. */
  readonly create?: (path: string) => Promise<Pick<FileHandle, 'writeFile' | 'close'>>;
}

/**
 * Writes the pieces as they come, one at a time. After an error or an abort, no file is left behind. Only the sudden end of the
 * process leaves an unfinished file.
 *
 * @returns bytes written
 * @throws RondoError `BAD_ARGUMENT` if the file exists, `WRITE_FAILED`; any error of the pieces; the signal's reason
 */
export async function writeFileWhole(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  { force, signal, onProgress, create = (name) => open(name, 'wx') }: WriteFileOptions,
): Promise<number> {
  if (!force) await checkFree(path, ', or --force to replace it');
  if (await isDevice(path)) {
    throw new RondoError(
      'BAD_ARGUMENT',
      `${path} is a socket, device or pipe, not a file that could be replaced.`,
      {
        details: { path },
      },
    );
  }
  const failed = (cause: unknown): RondoError => writeFailed(path, cause);
  // A random number, not the number of the process: in a container, every process has the same number.
  const unfinished = `${path}.${randomBytes(6).toString('hex')}.part`;
  const handle = await create(unfinished).catch((cause: unknown) => {
    throw failed(cause);
  });
  try {
    let writtenBytes = 0;
    try {
      for await (const piece of pieces) {
        signal.throwIfAborted();
        await handle.writeFile(piece).catch((cause: unknown) => {
          throw failed(cause);
        });
        writtenBytes += piece.length;
        onProgress?.(writtenBytes);
      }
      signal.throwIfAborted();
    } finally {
      await handle.close();
    }
    await rename(unfinished, path).catch((cause: unknown) => {
      throw failed(cause);
    });
    return writtenBytes;
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

/**
 * @param otherwise what else the user can do; follows `Give another name` in the error
 * @throws RondoError `BAD_ARGUMENT` if the name is taken, `WRITE_FAILED` if the folder cannot be written to
 */
export async function checkFree(path: string, otherwise = ''): Promise<void> {
  if (!(await exists(path))) {
    await access(dirname(path), constants.W_OK).catch((cause: unknown) => {
      throw writeFailed(path, cause);
    });
    return;
  }
  throw new RondoError('BAD_ARGUMENT', `${path} exists already. Give another name${otherwise}.`, {
    details: { path },
  });
}

function writeFailed(path: string, cause: unknown): RondoError {
  const reason = systemReason(cause) ?? reasonOf(cause);
  return new RondoError('WRITE_FAILED', `${path} cannot be written: ${reason}.`, {
    details: { path },
    cause,
  });
}

/** Whether the path is neither a file nor a folder. Moving a file there would remove it. */
async function isDevice(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => !found.isFile() && !found.isDirectory(),
    () => false,
  );
}

/** Whether the name is taken, also by a link that leads nowhere. */
async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** The pieces of a text as bytes, for `writeFileWhole`. */
// oxlint-disable-next-line typescript/require-await
export async function* encodedText(pieces: Iterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for (const piece of pieces) yield encoder.encode(piece);
}

// Writes a file that is either whole or not there: under another name first, moved into place at the end.
import { open, rename, rm, stat } from 'node:fs/promises';
import { RondoError } from '@rondo/errors';

/** How to write. */
export interface WriteFileOptions {
  /** Replaces a file of this name; otherwise that is an error. */
  readonly force: boolean;
  readonly signal: AbortSignal;
  readonly onProgress?: (writtenBytes: number) => void;
}

/**
 * Writes the pieces as they come, one at a time.
 *
 * @returns bytes written
 * @throws RondoError `BAD_ARGUMENT` when the file exists; what the pieces and the file system throw; the signal's reason
 */
export async function writeFileWhole(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  { force, signal, onProgress }: WriteFileOptions,
): Promise<number> {
  if (!force && (await exists(path))) {
    throw new RondoError(
      'BAD_ARGUMENT',
      `${path} exists already. Give another name, or --force to replace it.`,
      {
        details: { path },
      },
    );
  }
  const unfinished = `${path}.${process.pid}.part`;
  const handle = await open(unfinished, 'wx');
  try {
    let writtenBytes = 0;
    try {
      for await (const piece of pieces) {
        signal.throwIfAborted();
        await handle.writeFile(piece);
        writtenBytes += piece.length;
        onProgress?.(writtenBytes);
      }
    } finally {
      await handle.close();
    }
    await rename(unfinished, path);
    return writtenBytes;
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

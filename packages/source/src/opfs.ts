// A source over a file in the browser's own file system (origin private file system).
import { isRondoError, reasonOf, RondoError } from '@rondo/errors';
import { blob } from './blob.ts';
import type { ByteSource } from './byte-source.ts';
import { opfsRoot } from './opfs-root.ts';

/** The part of a `FileSystemFileHandle` that is used. With this type a program compiles without the types of browsers. */
export interface FileHandle {
  readonly name: string;
  /** The present content. */
  getFile(): Promise<Blob & { readonly lastModified: number }>;
}

/**
 * Opens a file of the origin private file system, by its path there (`models/tiny.gguf`) or by a handle. A handle may
 * also be a file that the user picked with `showOpenFilePicker`.
 *
 * The source works in pages and in workers, and takes no lock. After a write to the file, reads throw `SOURCE_CHANGED`.
 *
 * @throws RondoError `READ_FAILED` if there is no such file, `UNSUPPORTED` if the platform has no such file system
 */
export async function opfs(file: string | FileHandle): Promise<ByteSource> {
  const name = typeof file === 'string' ? file : file.name;
  try {
    const handle = typeof file === 'string' ? await handleOf(file) : file;
    const content = await handle.getFile();
    return blob(content, `opfs:${name}:${content.size}:${content.lastModified}`);
  } catch (cause) {
    if (isRondoError(cause)) throw cause;
    const reason = reasonOf(cause);
    throw new RondoError(
      'READ_FAILED',
      `Cannot open ${name} in the browser's file system: ${reason} Check that it was stored by this site.`,
      { details: { name }, cause },
    );
  }
}

async function handleOf(path: string): Promise<FileHandle> {
  const names = path.split('/').filter((name) => name !== '');
  const fileName = names.pop() ?? '';
  let folder = await opfsRoot();
  for (const name of names) folder = await folder.getDirectoryHandle(name);
  return folder.getFileHandle(fileName);
}

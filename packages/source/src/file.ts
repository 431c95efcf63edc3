// A source over a local file, for Node (and platforms with Node's modules): a file reader, and a check that the file has
// not changed.
import { RondoError } from '@rondo/errors';
import type { ByteSource } from './byte-source.ts';
import { createSource } from './create-source.ts';
import type { FileState } from './file-handle.ts';
import { openFileReader, type FileOptions } from './file-reader.ts';

/**
 * Opens a file of the local disk.
 *
 * On Linux, reads bypass the page cache if file offset and target address agree modulo 4096, unless the file is already
 * in the cache. Unaligned ends, and all reads on other systems, are buffered. The address that counts is the real
 * address: `byteOffset` of a view on `WebAssembly.Memory`, which begins at a page. Memory from `new ArrayBuffer` usually
 * does not begin at a page, so reads into it are buffered.
 *
 * An abort takes effect between two chunks, never while the system writes to the target. The target is therefore free for
 * other use as soon as the promise settles. A change of the file is noticed by its size and modification time only.
 *
 * @throws RondoError `READ_FAILED` if the file cannot be opened, `UNSUPPORTED` outside Node
 */
export async function file(path: string | URL, options: FileOptions = {}): Promise<ByteSource> {
  const reader = await openFileReader(path, options);
  const name = String(path);
  const opened = reader.state;
  const size = Number(opened.size);

  return createSource({
    size,
    identity: `file:${name}:${opened.size}:${opened.mtimeNs}`,
    alignment: reader.alignment,
    async read(target, offset, signal) {
      const bytesRead = await reader.read(target, offset, signal);
      const end = offset + bytesRead;
      if (bytesRead < target.length) throw changed(name, `it ends at ${end}, not at ${size}`, opened);
      const now = await reader.stat();
      if (now.size !== opened.size)
        throw changed(name, `its size was ${opened.size} and is ${now.size}`, opened);
      if (now.mtimeNs !== opened.mtimeNs) throw changed(name, 'it was written to', opened);
    },
    close: () => reader.close(),
  });
}

function changed(name: string, how: string, opened: FileState): RondoError {
  return new RondoError(
    'SOURCE_CHANGED',
    `The file ${name} changed while it was open: ${how}. Open it again; a model has to be loaded anew.`,
    {
      details: { path: name, openedBytes: Number(opened.size) },
    },
  );
}

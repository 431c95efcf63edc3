// A source over a local file, for Node (and what offers Node's modules): a file reader, and a watch over what it reads.
import { RondoError } from '@rondo/errors';
import type { ByteSource } from './byte-source.ts';
import { createSource } from './create-source.ts';
import type { FileState } from './file-handle.ts';
import { openFileReader, type FileOptions } from './file-reader.ts';

/**
 * Opens a file of the local disk.
 *
 * On Linux, reads go past the page cache where file offset and target address agree modulo 4096, unless the file is in
 * the cache already; the ragged ends, and everything on other systems, by the ordinary way. The address that counts is
 * the real one: `byteOffset` of a view on `WebAssembly.Memory`, which begins on a page. Memory from `new ArrayBuffer`
 * usually does not; it is read by the ordinary way.
 *
 * An abort takes effect between two chunks, never while the system writes to the target, so the target is free for other
 * use as soon as the promise settles. The file is watched by size and modification time: what they do not show is
 * not seen.
 *
 * @throws RondoError `READ_FAILED` when the file cannot be opened, `UNSUPPORTED` outside Node
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

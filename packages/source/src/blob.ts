// A source over a `Blob`, such as the `File` that a user picked.
import { reasonOf, RondoError } from '@rondo/errors';
import type { ByteSource } from './byte-source.ts';
import { createSource } from './create-source.ts';
import { uniqueName } from './unique-name.ts';

/** Most bytes asked of the blob at once. They pass through memory of their own: a blob cannot write into the caller's. */
const chunkBytes = 4 * 1024 * 1024;

/**
 * A source that reads from a blob. A `File` is known by name, size and time; of what is in memory nothing is known, so
 * each source over it has another identity unless you give one.
 *
 * Reading throws `SOURCE_CHANGED` when the file behind the blob was written to or removed.
 */
export function blob(content: Blob, identity: string = identityOf(content)): ByteSource {
  return createSource({
    size: content.size,
    identity,
    async read(target, offset, signal) {
      for (let done = 0; done < target.length; done += chunkBytes) {
        const start = offset + done;
        const end = Math.min(start + chunkBytes, offset + target.length);
        const bytes = await content
          .slice(start, end)
          .arrayBuffer()
          .catch((cause: unknown) => {
            throw blobError(identity, start, cause);
          });
        signal.throwIfAborted();
        target.set(new Uint8Array(bytes), done);
      }
    },
  });
}

function identityOf(content: Blob): string {
  if (!('name' in content && 'lastModified' in content)) return uniqueName('blob');
  return `blob:${String(content.name)}:${content.size}:${String(content.lastModified)}`;
}

function blobError(identity: string, offset: number, cause: unknown): RondoError {
  const details = { identity, offset };
  // File API, 4.1: the snapshot a File stands for is gone.
  if (
    cause instanceof DOMException &&
    (cause.name === 'NotReadableError' || cause.name === 'NotFoundError')
  ) {
    return new RondoError(
      'SOURCE_CHANGED',
      `${identity} was changed or removed since it was opened, or may not be read any more. Open it again; a model has to be loaded anew.`,
      { details, cause },
    );
  }
  const reason = reasonOf(cause);
  return new RondoError('READ_FAILED', `Cannot read ${identity} at offset ${offset}: ${reason}`, {
    details,
    cause,
  });
}

// A source over a `Blob`, such as the `File` that a user picked.
import { reasonOf, RondoError } from '@rondo/errors';
import type { ByteSource } from './byte-source.ts';
import { createSource } from './create-source.ts';
import { uniqueName } from './unique-name.ts';

/**
 * The most bytes requested of the blob at once. The bytes pass through a separate buffer, because a blob cannot write into
 * the caller's memory.
 */
const chunkBytes = 4 * 1024 * 1024;

/**
 * A source that reads from a blob. The identity of a `File` is its name, size and time. Nothing identifies other blobs,
 * so each source over such a blob has its own identity unless you give one.
 *
 * Reading throws `SOURCE_CHANGED` if the file behind the blob was written to or removed.
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
  // File API, 4.1: the snapshot that the File represents no longer exists.
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

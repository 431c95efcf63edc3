// A source over bytes that are in memory already. It keeps the array it is given, not a copy.
import type { ByteSource } from './byte-source.ts';
import { checkRange, closedError } from './check-range.ts';

/**
 * A source that reads from `bytes`, which must not change meanwhile.
 *
 * @param identity default: a name that no other source has, since hashing the content would cost a pass over it
 */
export function memory(bytes: Uint8Array, identity: string = uniqueName()): ByteSource {
  let closed = false;
  return {
    size: bytes.length,
    identity,
    alignment: 1,
    async readInto(target, offset, options) {
      if (closed) throw closedError(identity);
      checkRange(identity, bytes.length, offset, target.length);
      options?.signal?.throwIfAborted();
      target.set(bytes.subarray(offset, offset + target.length));
    },
    async close() {
      closed = true;
    },
  };
}

/** `crypto.randomUUID` would do, but browsers have it in secure contexts only. */
function uniqueName(): string {
  const words = crypto.getRandomValues(new Uint32Array(4));
  return `memory:${Array.from(words, (word) => word.toString(16).padStart(8, '0')).join('')}`;
}

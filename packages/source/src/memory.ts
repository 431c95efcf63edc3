// A source over bytes that are already in memory. The source keeps the given array, not a copy.
import type { ByteSource } from './byte-source.ts';
import { createSource } from './create-source.ts';
import { uniqueName } from './unique-name.ts';

/**
 * A source that reads from `bytes`, which must not change while the source is open.
 *
 * @param identity default: a unique name, because a hash of the content would cost a pass over the content
 */
export function memory(bytes: Uint8Array, identity: string = uniqueName('memory')): ByteSource {
  return createSource({
    size: bytes.length,
    identity,
    async read(target, offset) {
      target.set(bytes.subarray(offset, offset + target.length));
    },
  });
}

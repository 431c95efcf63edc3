// A source over bytes that are in memory already. It keeps the array it is given, not a copy.
import type { ByteSource } from './byte-source.ts';
import { createSource } from './create-source.ts';
import { uniqueName } from './unique-name.ts';

/**
 * A source that reads from `bytes`, which must not change meanwhile.
 *
 * @param identity default: a name that no other source has, since hashing the content would cost a pass over it
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

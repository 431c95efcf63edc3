// Counts the bytes that are really read from a source.
import type { ByteSource } from '@rondo/source';

/** A source that counts. */
export interface CountingSource extends ByteSource {
  /** Bytes of all reads that succeeded since the last reset. */
  readonly bytesRead: number;
  reset(): void;
}

/** `source` with a counter; closing it closes nothing. */
export function countReads(source: ByteSource): CountingSource {
  let bytesRead = 0;
  return {
    size: source.size,
    identity: source.identity,
    alignment: source.alignment,
    get bytesRead() {
      return bytesRead;
    },
    reset() {
      bytesRead = 0;
    },
    async readInto(target, offset, options) {
      await source.readInto(target, offset, options);
      bytesRead += target.length;
    },
    async close() {},
  };
}

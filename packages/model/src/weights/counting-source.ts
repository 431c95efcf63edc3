// Counts the bytes that are really read from a source, and the time that the reads take.
import type { ByteSource } from '@rondo/source';

/** A source that counts. */
export interface CountingSource extends ByteSource {
  /** Bytes of all reads that succeeded since the last reset. */
  readonly bytesRead: number;
  /** Milliseconds since the last reset in which at least one read was under way. */
  readonly readMs: number;
  reset(): void;
}

/** `source` with a counter. Closing the result closes nothing. */
export function countReads(source: ByteSource): CountingSource {
  let bytesRead = 0;
  let readMs = 0;
  let underWay = 0;
  let sinceMs = 0;

  /** Adds the time since the last call, if a read was under way. */
  function count(): void {
    const nowMs = performance.now();
    if (underWay > 0) readMs += nowMs - sinceMs;
    sinceMs = nowMs;
  }

  return {
    size: source.size,
    identity: source.identity,
    alignment: source.alignment,
    get bytesRead() {
      return bytesRead;
    },
    get readMs() {
      count();
      return readMs;
    },
    reset() {
      count();
      bytesRead = 0;
      readMs = 0;
    },
    async readInto(target, offset, options) {
      count();
      underWay += 1;
      try {
        await source.readInto(target, offset, options);
        bytesRead += target.length;
      } finally {
        count();
        underWay -= 1;
      }
    },
    async close() {},
  };
}

// What all sources have in common: the check of arguments, the end of reads on close, and close waiting for them.
import type { ByteSource } from './byte-source.ts';
import { checkRange, closedError } from './check-range.ts';

/** What is particular to a source. */
export interface SourceParts {
  /** See `ByteSource`. */
  readonly size: number;
  /** See `ByteSource`. */
  readonly identity: string;
  /** What errors call the source, where its identity should not be shown. Default: the identity. */
  readonly name?: string | undefined;
  /** See `ByteSource`. Default 1. */
  readonly alignment?: number | undefined;
  /**
   * Fills `target` from `offset` on, a range that has been checked. `signal` is aborted with the caller's reason, or with
   * `CLOSED` on close; a source that can stop then rejects with `signal.reason`. Once the promise has settled, nothing
   * is written to `target` any more.
   */
  read(target: Uint8Array, offset: number, signal: AbortSignal): Promise<void>;
  /** Releases handles. Called once, when the last read has settled. */
  close?(): Promise<void>;
}

/** A source of these parts, as `ByteSource` describes it. */
export function createSource(parts: SourceParts): ByteSource {
  const { size, identity, name = identity, alignment = 1 } = parts;
  const reads = new Map<Promise<void>, AbortController>();
  let closing: Promise<void> | undefined;

  return {
    size,
    identity,
    alignment,
    async readInto(target, offset, { signal } = {}) {
      if (closing !== undefined) throw closedError(name);
      checkRange(name, size, offset, target.length);
      signal?.throwIfAborted();
      // Not `AbortSignal.any`: listeners that go with the read leave nothing behind on a signal that outlives it.
      const stop = new AbortController();
      const onAbort = (): void => stop.abort(signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      const reading = parts.read(target, offset, stop.signal);
      reads.set(reading, stop);
      try {
        await reading;
      } finally {
        reads.delete(reading);
        signal?.removeEventListener('abort', onAbort);
      }
    },
    close() {
      closing ??= (async () => {
        for (const stop of reads.values()) stop.abort(closedError(name));
        await Promise.allSettled(reads.keys());
        await parts.close?.();
      })();
      return closing;
    },
  };
}

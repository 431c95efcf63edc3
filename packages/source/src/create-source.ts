// The common part of all sources: the check of arguments, the end of reads on close, and a close that waits for reads.
import type { ByteSource } from './byte-source.ts';
import { checkRange, closedError } from './check-range.ts';

/** The parts that differ between sources. */
export interface SourceParts {
  /** See `ByteSource.size`. */
  readonly size: number;
  /** See `ByteSource.identity`. */
  readonly identity: string;
  /** The source's name in errors, if its identity should not be shown. Default: the identity. */
  readonly name?: string | undefined;
  /** See `ByteSource.alignment`. Default 1. */
  readonly alignment?: number | undefined;
  /**
   * Fills `target` from `offset` on; the range has been checked. `signal` is aborted with the caller's reason, or with
   * `CLOSED` on close; a source that can stop then rejects with `signal.reason`. Once the promise has settled, nothing
   * more is written to `target`.
   */
  read(target: Uint8Array, offset: number, signal: AbortSignal): Promise<void>;
  /** Releases handles. Called once, after the last read has settled. */
  close?(): Promise<void>;
}

/** A source made from these parts, as `ByteSource` describes it. */
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
      // Not `AbortSignal.any`: this listener is removed when the read ends, so nothing stays on a signal that outlives the
      // read.
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

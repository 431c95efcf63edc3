// The interface of this package: bytes by range. Every implementation passes `@rondo/source/conformance`.

/** Options of a read. */
export interface ReadOptions {
  /** Cancels the read; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Random access to a fixed sequence of bytes. Reads may run concurrently. */
export interface ByteSource {
  /** Length in bytes. */
  readonly size: number;
  /** A string that differs whenever the content differs (path, size and mtime; ETag; sha256). */
  readonly identity: string;
  /**
   * Reads whose offset, length and target address are multiples of this many bytes are direct (no copy, no page cache).
   * Other reads also work, buffered. 1 = alignment gains nothing.
   */
  readonly alignment: number;
  /**
   * Fills all of `target`, which may lie in shared memory, with the bytes from `offset` on.
   *
   * @throws RondoError `OUT_OF_RANGE` before anything is read, `READ_FAILED`, `SOURCE_CHANGED` (the content has
   * become shorter), `CLOSED`; the signal's reason when aborted
   */
  readInto(target: Uint8Array, offset: number, options?: ReadOptions): Promise<void>;
  /** Releases handles; later reads throw `CLOSED`. Further calls do nothing. */
  close(): Promise<void>;
}

// The part of Node's file handles that reading uses.

/** The part of Node's `FileHandle` that reading uses. */
export interface FileHandleLike {
  /** Reads up to `length` bytes of the file from `position` on into the buffer. */
  read(
    buffer: Uint8Array,
    bufferOffset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>;
  /** What the file is now. */
  stat(options: { readonly bigint: true }): Promise<
    FileState & {
      /** Whether it is an ordinary file: no folder, no device. */
      isFile(): boolean;
    }
  >;
  /** Gives the file back to the system. */
  close(): Promise<void>;
}

/**
 * What tells one content of a file from another.
 *
 * @inline
 */
export interface FileState {
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
}

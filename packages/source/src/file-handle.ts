// The part of Node's file handles that reads use.

/** The part of Node's `FileHandle` that reads use. */
export interface FileHandleLike {
  /** Reads up to `length` bytes of the file from `position` on into the buffer. */
  read(
    buffer: Uint8Array,
    bufferOffset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>;
  /** The present state of the file. */
  stat(options: { readonly bigint: true }): Promise<
    FileState & {
      /** Whether the file is an ordinary file, neither a folder nor a device. */
      isFile(): boolean;
    }
  >;
  /** Closes the handle. */
  close(): Promise<void>;
}

/**
 * The facts that distinguish one content of a file from another.
 *
 * @inline
 */
export interface FileState {
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
}

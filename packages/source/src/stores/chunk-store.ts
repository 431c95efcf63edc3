// The interface of what keeps chunks of remote files. Every implementation passes `chunkStoreConformance`.

/** What chunks belong to. */
export interface StoredContent {
  /** `ByteSource.identity`: chunks of another identity are never seen. */
  readonly identity: string;
  /** Bytes of each chunk but the last; chunks of another size are never seen either. */
  readonly chunkBytes: number;
  /** Bytes of the whole; what is stored behind them is none of it. */
  readonly size?: number | undefined;
}

/** Keeps chunks, across runs and for several users at once. */
export interface ChunkStore {
  /** @throws whatever keeps it from storing anything */
  open(content: StoredContent): Promise<StoredChunks>;
}

/** The chunks of one content. */
export interface StoredChunks {
  /** See `ByteSource.alignment`, for reads. */
  readonly alignment: number;
  /**
   * The digests that chunks were written with, by index. The chunks may be gone or damaged nevertheless. As far as the
   * store can tell, what others have written meanwhile is among them.
   */
  digests(): Promise<ReadonlyMap<number, string>>;
  /**
   * Fills `target` with bytes of a chunk, from `offset` in it on.
   *
   * @returns false when they are not there, for whatever reason; the target may have been written to then
   * @throws the signal's reason
   */
  read(index: number, target: Uint8Array, offset: number, signal: AbortSignal): Promise<boolean>;
  /**
   * Keeps a chunk in place of any there is: whole, or, should the process end meanwhile, so that it is found missing or
   * does not match its digest.
   *
   * @throws whatever keeps it from being stored, such as a full disk
   */
  write(index: number, bytes: Uint8Array, digest: string): Promise<void>;
  /**
   * Called when all chunks are there and the whole is known to be right.
   *
   * @param sha256 the digest of the whole, where it is known
   */
  seal(sha256?: string): Promise<void>;
  /** Puts all chunks where nobody will find them again; nothing is called after it but `close`. */
  quarantine(): Promise<void>;
  /** Releases handles. */
  close(): Promise<void>;
}

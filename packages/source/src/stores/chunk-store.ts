// The interface of a store for chunks of remote files. Every implementation passes `chunkStoreConformance`.

/** The content to which chunks belong. */
export interface StoredContent {
  /** `ByteSource.identity`. Chunks of another identity are never returned. */
  readonly identity: string;
  /** Bytes of each chunk but the last. Chunks of another size are never returned. */
  readonly chunkBytes: number;
  /** Size of the whole content in bytes. Stored bytes after that size do not belong to the content. */
  readonly size?: number | undefined;
}

/** Keeps chunks across runs, for several users at once. */
export interface ChunkStore {
  /** @throws the error that prevents storing */
  open(content: StoredContent): Promise<StoredChunks>;
}

/** The chunks of one content. */
export interface StoredChunks {
  /** See `ByteSource.alignment`, for reads. */
  readonly alignment: number;
  /**
   * The digests that chunks were written with, by index. The chunks may nevertheless be gone or damaged. Chunks that other
   * users wrote meanwhile are included if the store can know of them.
   */
  digests(): Promise<ReadonlyMap<number, string>>;
  /**
   * Fills `target` with bytes of a chunk, from `offset` in the chunk on.
   *
   * @returns false if the bytes are absent for any reason; the target may then have been written to
   * @throws the signal's reason
   */
  read(index: number, target: Uint8Array, offset: number, signal: AbortSignal): Promise<boolean>;
  /**
   * Stores a chunk in place of an earlier chunk. If the process ends during the write, the chunk is later missing or does not
   * match its digest.
   *
   * @throws the error that prevents storing, such as a full disk
   */
  write(index: number, bytes: Uint8Array, digest: string): Promise<void>;
  /**
   * Called when all chunks are present and the whole content is verified.
   *
   * @param sha256 the digest of the whole content, if the digest is known
   */
  seal(sha256?: string): Promise<void>;
  /** Takes all chunks out of the store, so that they are never read again. Afterwards only `close` is called. */
  quarantine(): Promise<void>;
  /** Releases handles. */
  close(): Promise<void>;
}

// The division of the granted memory, in numbers.

/** How many bytes of the memory each use has, and the sizes that go with them. */
export interface Budget {
  readonly totalBytes: number;
  /** Bytes that the keys and values of all sessions, and their recurrent states, take now. */
  readonly kvCacheBytes: number;
  /** `kvCacheBytes` when all contexts are full. Keys and values that grow with the texts take this memory from the weights. */
  readonly fullKvCacheBytes: number;
  readonly activationBytes: number;
  /** Bytes left for weights. */
  readonly weightBytes: number;
  /** Bytes of all weights of the model except the embedding table. If `weightBytes` is as much, nothing streams. */
  readonly allWeightBytes: number;
  /** Number of positions of the context of each session. */
  readonly contextTokens: number;
  /** Number of texts that are run at once. */
  readonly sessions: number;
  /** Number of slots of each recurrent state of a session: the current states, and copies to go back to. */
  readonly stateSlots: number;
  /** The most tokens of a batch, which are computed together. */
  readonly batchTokens: number;
  /** The most tokens of a pass if weights stream: several batches, so that each weight is read once for all of them. */
  readonly passTokens: number;
  /** The most rows of logits that are computed at once. */
  readonly logitRows: number;
}

// How the granted memory is divided, in numbers.

/** Who has which part of the memory, in bytes. */
export interface Budget {
  readonly totalBytes: number;
  /** Keys and values of all sessions, and their recurrent states: as much as they take. */
  readonly kvCacheBytes: number;
  /** The same when all contexts are full: where they grow as texts do, they take it from the weights. */
  readonly fullKvCacheBytes: number;
  readonly activationBytes: number;
  /** Left for weights. */
  readonly weightBytes: number;
  /** Weights of the whole model, the embedding table aside: with this many, nothing streams. */
  readonly allWeightBytes: number;
  /** Positions of the context of each session. */
  readonly contextTokens: number;
  /** Texts that are run at once. */
  readonly sessions: number;
  /** Slots of each recurrent state of a session: the current states, and copies to go back to. */
  readonly stateSlots: number;
  /** Tokens that are computed with at once. */
  readonly batchTokens: number;
  /** Tokens that share one pass over weights that stream: several batches, each weight being read once for all of them. */
  readonly passTokens: number;
  /** Rows of logits that are worked out at once. */
  readonly logitRows: number;
}

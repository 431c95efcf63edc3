// The one error class of Rondo. It knows nothing of the packages that throw it: each code is documented here,
// so that the list of what can go wrong is in one place.

import { shownMessage } from './shown.ts';

/**
 * Stable names of everything that can go wrong. Compare `error.code`, never the message.
 *
 * Cancellation has no code: an aborted call rejects with the signal's own `reason`, as on the web platform.
 */
export type RondoErrorCode =
  // Files
  | 'TRUNCATED' // the file ends before the data that its header promises
  | 'BAD_MAGIC' // not a GGUF file; the message says what it looks like
  | 'UNSUPPORTED_VERSION'
  | 'LIMIT' // a count, length or depth that no honest file has, or that the file is too short to hold
  | 'BAD_KEY' // a metadata key that is empty, too long or there twice
  | 'BAD_TYPE' // an unknown value type, quantization type or nesting
  | 'BAD_ALIGNMENT'
  | 'BAD_SHAPE' // dimensions that are negative, too many, overflow, or are no multiple of their block
  | 'BAD_NAME' // a tensor name that is too long or there twice
  | 'BAD_OFFSET' // tensor data that is unaligned, overlaps or lies outside the file
  | 'SHARD_MISMATCH'
  // Sources
  | 'OUT_OF_RANGE' // a read outside the source
  | 'READ_FAILED'
  | 'WRITE_FAILED' // a file that cannot be written, for lack of space or of permission
  | 'SOURCE_CHANGED' // the content is no longer the content that was opened
  | 'RANGE_MISMATCH' // a server that sends other bytes than it was asked for
  | 'DIGEST_MISMATCH' // the content does not have the digest that was promised
  | 'CLOSED' // used after close() or dispose()
  // Models
  | 'NOT_A_MODEL' // another kind of GGUF file, or part of one; the message says what to give instead
  | 'UNSUPPORTED_ARCHITECTURE'
  | 'UNSUPPORTED_TOKENIZER'
  | 'BAD_CONFIG' // metadata that contradicts itself or is out of range
  | 'MISSING_TENSOR'
  | 'BAD_TENSOR_SHAPE' // a tensor whose shape contradicts the metadata
  | 'UNUSED_TENSOR' // a tensor that the architecture would leave out of the computation
  | 'BAD_VOCABULARY'
  | 'BAD_TEMPLATE' // a chat template that cannot be rendered
  | 'BAD_GRAMMAR' // a grammar, a JSON Schema or a regular expression that cannot constrain a text
  | 'CONTEXT_FULL' // more tokens than the context holds
  | 'NON_FINITE_LOGITS'
  // Running
  | 'BUDGET_TOO_SMALL' // the message says how many bytes are needed, and for what
  | 'OUT_OF_MEMORY'
  | 'UNSUPPORTED' // something this platform or backend cannot do
  | 'BACKEND_FAILED'
  | 'BAD_ARGUMENT';

/** Marks errors of every copy of this package. Copies share the symbol, not the class. */
const marker = Symbol.for('rondo.error');

/** An error that Rondo throws: `code` for programs, `message` for people, `details` for both. */
export class RondoError extends Error {
  // The marker is on the prototype, so that consoles do not print it. It is no declared field, so that the types of two
  // copies are compatible.
  static {
    Object.defineProperty(this.prototype, marker, { value: true });
  }

  override readonly name = 'RondoError';
  /** What went wrong, as a stable name. */
  readonly code: RondoErrorCode;
  /** The offending name, offset or number, and the expected value, each under a name. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: RondoErrorCode,
    message: string,
    options: { details?: Readonly<Record<string, unknown>>; cause?: unknown } = {},
  ) {
    super(shownMessage(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }
}

/**
 * Whether `value` is a `RondoError`. Prefer it to `instanceof`, which is false for an error of a second installed copy
 * of this package.
 */
export function isRondoError(value: unknown): value is RondoError {
  return typeof value === 'object' && value !== null && (value as { [marker]?: unknown })[marker] === true;
}

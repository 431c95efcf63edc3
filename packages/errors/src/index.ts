// The one error class of Rondo. It knows nothing of the packages that throw it: each code is documented here,
// so that the list of what can go wrong is in one place.

/**
 * Stable names of everything that can go wrong; compare `error.code`, never the message.
 *
 * Cancellation is not among them: an aborted call rejects with the signal's own `reason`, as on the web platform.
 */
export type RondoErrorCode =
  // Files
  | 'TRUNCATED' // the file ends before what its header promises
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
  | 'WRITE_FAILED' // a file that cannot be written, for want of room or of rights
  | 'SOURCE_CHANGED' // the content is no longer the one that was opened
  | 'RANGE_MISMATCH' // a server that sends other bytes than it was asked for
  | 'DIGEST_MISMATCH' // the content is not the one its digest promises
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
  | 'CONTEXT_FULL' // more tokens than the context holds
  | 'NON_FINITE_LOGITS'
  // Running
  | 'BUDGET_TOO_SMALL' // the message says how many bytes are needed, and for what
  | 'OUT_OF_MEMORY'
  | 'UNSUPPORTED' // something this platform or backend cannot do
  | 'BACKEND_FAILED'
  | 'BAD_ARGUMENT';

/** Stable names of what is worth telling although the work goes on. */
export type RondoWarningCode =
  | 'IGNORED_TOKEN_ID' // a special token's id that stands for "no such token"
  | 'NO_PRE_TOKENIZER' // byte-level BPE without `tokenizer.ggml.pre`: texts may be cut in another way than in training
  | 'SKIPPED_TENSORS' // parts of a file that the model runs without, such as an image encoder
  | 'NOT_STORED' // what is fetched cannot be kept on this machine
  | 'OTHER_TYPE'; // a tensor that is written in another type than the one asked for

/** What is worth telling although the work goes on. Compare `code`, never the message. */
export interface RondoWarning {
  readonly code: RondoWarningCode;
  readonly message: string;
}

/** An error of Rondo's own: `code` for programs, `message` for people, `details` for both. */
export class RondoError extends Error {
  override readonly name = 'RondoError';
  /** What went wrong, as a stable name. */
  readonly code: RondoErrorCode;
  /** The offending name, offset or number, and what was expected, by name. */
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

/** A wall behind `quoted` and `shownName`: names out of files are in messages, and must not steer a terminal. */
function shownMessage(message: string): string {
  return escapeInvisible(message.length > MOST_MESSAGE ? `${message.slice(0, MOST_MESSAGE)}…` : message);
}

/** No message is longer, whatever is put into it. */
const MOST_MESSAGE = 2000;

/** Characters of what comes from a file that a message shows. */
const MOST_SHOWN = 200;

/**
 * What cannot be seen, or steers a terminal: control and format characters (marks of direction, joiners and spaces of no
 * width, tags), line and paragraph separators, fillers, variation selectors.
 */
const invisible = /\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}|\p{Default_Ignorable_Code_Point}/gu;

/** `text` with everything that cannot be seen, or steers a terminal, as an escape such as `\u001b`; JSON stays the same JSON. */
export function escapeInvisible(text: string): string {
  return text.replaceAll(invisible, (character) => {
    const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
  });
}

/** A text out of a file, to be put into a message: in quotes, cut after 200 characters, with nothing that cannot be seen. */
export function quoted(text: string): string {
  const cut = text.length > MOST_SHOWN;
  const shown = escapeInvisible(JSON.stringify(cut ? text.slice(0, MOST_SHOWN) : text));
  return cut ? `${shown}… (${text.length} characters)` : shown;
}

/** The same without quotes, for names. */
export function shownName(name: string): string {
  const cut = name.length > MOST_SHOWN;
  return `${escapeInvisible(cut ? name.slice(0, MOST_SHOWN) : name)}${cut ? '…' : ''}`;
}

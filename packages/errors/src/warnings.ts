// Warnings: what a user should know although the call goes on. The type stands here, so that all packages share it.

/** Stable names of all warnings; compare `warning.code`, never the message. */
export type RondoWarningCode =
  | 'CONTEXT_BEYOND_TRAINING' // a context longer than the model was trained for
  | 'ODD_TOKENIZER' // a tokenizer setting that has no effect, or is replaced by another one
  | 'UNUSED_OVERRIDE' // a value of the metadata that the caller gives and the model does not read
  | 'WINDOW_NOT_USED' // a window of attention that the file says nothing certain of
  | 'SKIPPED_TENSORS' // parts of a file that the model runs without, such as an image encoder
  | 'OTHER_TYPE' // a tensor that is written in another type than the one asked for
  | 'NO_THREADS' // kernels on the caller's thread, since the platform forbids others: slower
  | 'NOT_STORED'; // what is fetched cannot be kept on this machine

/** Something that a user should know although the call goes on. */
export interface RondoWarning {
  /** What the warning is about, as a stable name. */
  readonly code: RondoWarningCode;
  /** One sentence for people, or two: what is the case, and how to mend it. */
  readonly message: string;
  /** The offending name or number, by name. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Receives warnings. What it throws comes out of the call that warned. */
export type OnWarning = (warning: RondoWarning) => void;

/**
 * The receiver of warnings where a caller gives none: the warnings of Node (`process.emitWarning`, with the type
 * `RondoWarning`), elsewhere the console.
 */
export const warnByDefault: OnWarning = ({ code, message }) => {
  const { process } = globalThis;
  if (typeof process?.emitWarning === 'function')
    process.emitWarning(message, { type: 'RondoWarning', code });
  else console.warn(`RondoWarning [${code}]: ${message}`);
};

/** `onWarning`, called once for each code and message: a warning that repeats itself is not read. */
export function warnOnce(onWarning: OnWarning): OnWarning {
  const told = new Set<string>();
  return (warning) => {
    const key = `${warning.code} ${warning.message}`;
    if (told.has(key)) return;
    told.add(key);
    onWarning(warning);
  };
}

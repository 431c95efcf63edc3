// Warnings: what a user should know although the call continues. The type stands here so that all packages share it.

/** Stable names of all warnings; compare `warning.code`, never the message. */
export type RondoWarningCode =
  | 'CONTEXT_BEYOND_TRAINING' // a context longer than the model was trained for
  | 'ODD_TOKENIZER' // a tokenizer setting that has no effect, or is replaced by another one
  | 'UNUSED_OVERRIDE' // a value of the metadata that the caller gives and the model does not read
  | 'WINDOW_NOT_USED' // an attention window that the file does not describe completely
  | 'SKIPPED_TENSORS' // parts of a file that the model runs without, such as an image encoder
  | 'OTHER_TYPE' // a tensor that is written in another type than the requested type
  | 'NO_PROFILED_OPERATIONS' // a profile without operations, since the backend does not tell what its threads do
  | 'NO_THREADS' // kernels on the caller's thread, since the platform forbids others: slower
  | 'SCHEMA_KEYWORDS_IGNORED' // keywords of a JSON Schema that are not imposed while a text is generated
  | 'GENERIC_TOOLS' // tools for a chat template that never reads tools
  | 'NOT_STORED'; // fetched data that cannot be kept on this machine

/** Something that a user should know although the call continues. */
export interface RondoWarning {
  /** The subject of the warning, as a stable name. */
  readonly code: RondoWarningCode;
  /** One or two sentences for people: what is the case, and how to mend it. */
  readonly message: string;
  /** The offending name or number, by name. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Receives warnings. An error that it throws comes out of the call that warned. */
export type OnWarning = (warning: RondoWarning) => void;

/**
 * The default receiver of warnings. In Node it emits a process warning (`process.emitWarning`, type `RondoWarning`),
 * elsewhere it writes to the console.
 */
export const warnByDefault: OnWarning = ({ code, message }) => {
  const { process } = globalThis;
  if (typeof process?.emitWarning === 'function')
    process.emitWarning(message, { type: 'RondoWarning', code });
  else console.warn(`RondoWarning [${code}]: ${message}`);
};

/** `onWarning`, called once for each code and message: nobody reads a warning that repeats itself. */
export function warnOnce(onWarning: OnWarning): OnWarning {
  const told = new Set<string>();
  return (warning) => {
    const key = `${warning.code} ${warning.message}`;
    if (told.has(key)) return;
    told.add(key);
    onWarning(warning);
  };
}

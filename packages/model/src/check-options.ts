// Whether arguments are of their kinds, and options of names that are known: JavaScript lets anything through, and what is
// wrong would show much later, or never.
import { checkPolicy } from '@rondo/cache';
import { quoted, RondoError, shownValue } from '@rondo/errors';
import type { ChatOptions, GenerateOptions, LoadOptions, PerplexityOptions } from './options.ts';

type Check = (value: unknown) => string | undefined;

const oneOf =
  (...values: readonly string[]): Check =>
  (value) =>
    values.some((one) => one === value) ? undefined : `one of ${values.join(', ')}`;
const count: Check = (value) =>
  Number.isSafeInteger(value) && Number(value) >= 1 ? undefined : 'a whole number, at least 1';
const text: Check = (value) => (typeof value === 'string' ? undefined : 'a text');
const aNumber: Check = (value) => (typeof value === 'number' ? undefined : 'a number');
const aFunction: Check = (value) => (typeof value === 'function' ? undefined : 'a function');
const signal: Check = (value) => (value instanceof AbortSignal ? undefined : 'an AbortSignal');
const texts: Check = (value) =>
  Array.isArray(value) && value.every((one) => typeof one === 'string') ? undefined : 'a list of texts';
const anything: Check = () => undefined;
const backend: Check = (value) =>
  typeof value === 'object' && value !== null && ('then' in value || 'submit' in value)
    ? undefined
    : 'a backend, such as `cpu()` gives, or a promise of one';

const loadChecks: Readonly<Record<keyof LoadOptions, Check>> = {
  // An amount that is none is refused where it is parsed.
  memory: anything,
  context: count,
  kvCacheDtype: oneOf('F32', 'Q8_0'),
  sessions: count,
  backend,
  grain: oneOf('tensor', 'layer'),
  cache(value) {
    checkPolicy(value);
    return undefined;
  },
  prefetch: aFunction,
  onProgress: aFunction,
  onWarning: aFunction,
  signal,
};

const generateChecks: Readonly<Record<keyof GenerateOptions, Check>> = {
  maxTokens: (value) =>
    value === Infinity || (Number.isSafeInteger(value) && Number(value) >= 0)
      ? undefined
      : 'a whole number, 0 or more, or Infinity',
  stop: (value) => (typeof value === 'string' ? undefined : texts(value)),
  signal,
  onPrefill: aFunction,
  speculate: aFunction,
  // The sampler knows which numbers make sense.
  temperature: aNumber,
  topK: aNumber,
  topP: aNumber,
  minP: aNumber,
  repeatPenalty: aNumber,
  repeatLastN: aNumber,
  seed: aNumber,
};

const chatChecks: Readonly<Record<keyof ChatOptions, Check>> = { system: text };

const perplexityChecks: Readonly<Record<keyof PerplexityOptions, Check>> = {
  windowTokens: (value) =>
    Number.isSafeInteger(value) && Number(value) >= 2 ? undefined : 'a whole number, at least 2',
  signal,
  onWindow: aFunction,
};

/** @throws RondoError `BAD_ARGUMENT` with the name of an option of `loadModel` that is unknown or of another kind */
export function checkLoadOptions(options: LoadOptions): void {
  check('loadModel', options, loadChecks);
}

/** @throws RondoError `BAD_ARGUMENT` with the name of an option of `generate` that is unknown or of another kind */
export function checkGenerateOptions(options: GenerateOptions): void {
  check('generate', options, generateChecks);
}

/** @throws RondoError `BAD_ARGUMENT` with the name of an option of `createChat` that is unknown or of another kind */
export function checkChatOptions(options: ChatOptions): void {
  check('createChat', options, chatChecks);
}

/** @throws RondoError `BAD_ARGUMENT` with the name of an option of `perplexity` that is unknown or of another kind */
export function checkPerplexityOptions(options: PerplexityOptions): void {
  check('perplexity', options, perplexityChecks);
}

/** @throws RondoError `BAD_ARGUMENT` with the name of an argument that is no text */
export function checkText(name: string, value: unknown): void {
  refuseUnless(name, value, text(value));
}

/** @throws RondoError `BAD_ARGUMENT` for a prompt that is neither a text nor ids in a list or a typed array */
export function checkPrompt(value: unknown): void {
  const isList = Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
  refuseUnless('prompt', value, isList ? undefined : text(value) && 'a text or a list of token ids');
}

/** @throws RondoError `BAD_ARGUMENT` where the function of an option gave something without the methods that are called */
export function checkMade(option: string, made: unknown, methods: readonly string[], such: string): void {
  const has = (method: string) => typeof Reflect.get(Object(made) as object, method) === 'function';
  const isMade = methods.every(has);
  refuseUnless(
    `What ${option} gives`,
    made,
    isMade
      ? undefined
      : `an object with ${methods.join(', ')}, as that of \`${such}\` (called, with parentheses)`,
  );
}

function check(caller: string, options: unknown, checks: Readonly<Record<string, Check>>): void {
  const known = Object.keys(checks);
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    refuseUnless(`The options of ${caller}`, options, `an object such as { ${known[0] ?? ''}: … }`);
  for (const [name, value] of Object.entries(Object(options) as object) as [string, unknown][]) {
    if (value === undefined) continue;
    const checkOne = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (!checkOne) {
      throw new RondoError(
        'BAD_ARGUMENT',
        `${caller} has no option ${quoted(name)}; it has ${known.join(', ')}.`,
        { details: { option: name, known } },
      );
    }
    refuseUnless(name, value, checkOne(value));
  }
}

/** Refuses a value of which something else was expected. */
function refuseUnless(name: string, value: unknown, expected: string | undefined): void {
  if (expected === undefined) return;
  throw new RondoError('BAD_ARGUMENT', `${name} must be ${expected}, not ${shownValue(value)}.`, {
    details: { option: name, found: value, expected },
  });
}

// Checks that arguments are of the right kind, and that the names of options are known. JavaScript accepts anything: without
// the checks, an error would show much later, or never.
import { quoted, RondoError, shownValue } from '@rondo/errors';

/** Describes the expected value; undefined if the value is valid. */
export type Check = (value: unknown) => string | undefined;

/** One of these texts. */
export const oneOf =
  (...values: readonly string[]): Check =>
  (value) =>
    values.some((one) => one === value) ? undefined : `one of ${values.join(', ')}`;
/** A whole number, at least 1. */
export const count: Check = (value) =>
  Number.isSafeInteger(value) && Number(value) >= 1 ? undefined : 'a whole number, at least 1';
/** A text. */
export const text: Check = (value) => (typeof value === 'string' ? undefined : 'a text');
/** A function. */
export const aFunction: Check = (value) => (typeof value === 'function' ? undefined : 'a function');
/** An AbortSignal. */
export const signal: Check = (value) => (value instanceof AbortSignal ? undefined : 'an AbortSignal');
/** A list of texts. */
export const texts: Check = (value) =>
  Array.isArray(value) && value.every((one) => typeof one === 'string') ? undefined : 'a list of texts';
/** Anything. */
export const anything: Check = () => undefined;

/** @throws RondoError `BAD_ARGUMENT` with the name of an argument that is no text */
export function checkText(name: string, value: unknown): void {
  refuseUnless(name, value, text(value));
}

/**
 * @throws RondoError `BAD_ARGUMENT` for a prompt that is neither a text nor ids in a list or a typed array nor the two texts
 * beside a gap
 */
export function checkPrompt(value: unknown): void {
  const isList = Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
  if (isList || typeof value === 'string') return;
  const isGap = typeof value === 'object' && value !== null && ('prefix' in value || 'suffix' in value);
  if (!isGap) {
    refuseUnless('prompt', value, 'a text, a list of token ids, or { prefix, suffix } to fill in between');
    return;
  }
  checkText('prefix', Reflect.get(value, 'prefix'));
  checkText('suffix', Reflect.get(value, 'suffix'));
  checkOptions('a prompt', value, { prefix: text, suffix: text });
}

/** @throws RondoError `BAD_ARGUMENT` if `made`, the result of the function that `option` names, lacks one of `methods` */
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

/** @throws RondoError `BAD_ARGUMENT` with the name of an option of `caller` that is unknown or of another kind */
export function checkOptions(
  caller: string,
  options: unknown,
  checks: Readonly<Record<string, Check>>,
): void {
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

/** @throws RondoError `BAD_ARGUMENT` with the name of an option whose value is of another kind; `undefined` says nothing */
export function checkOption(name: string, value: unknown, check: Check): void {
  if (value !== undefined) refuseUnless(name, value, check(value));
}

/** Refuses a value if something else was expected. */
function refuseUnless(name: string, value: unknown, expected: string | undefined): void {
  if (expected === undefined) return;
  throw new RondoError('BAD_ARGUMENT', `${name} must be ${expected}, not ${shownValue(value)}.`, {
    details: { option: name, found: value, expected },
  });
}

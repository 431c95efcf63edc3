// Whether options are of their kinds: JavaScript lets anything through, and what is wrong would show much later, or never.
import { checkPolicy } from '@rondo/cache';
import { RondoError } from '@rondo/errors';
import type { GenerateOptions, LoadOptions } from './options.ts';

type Check = (value: unknown) => string | undefined;

const oneOf =
  (...values: readonly string[]): Check =>
  (value) =>
    values.some((one) => one === value) ? undefined : `one of ${values.join(', ')}`;
const count: Check = (value) =>
  Number.isSafeInteger(value) && Number(value) >= 1 ? undefined : 'a whole number, at least 1';
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

const generateChecks: Readonly<Record<Exclude<keyof GenerateOptions, SamplerOption>, Check>> = {
  maxTokens: (value) =>
    value === Infinity || (Number.isSafeInteger(value) && Number(value) >= 0)
      ? undefined
      : 'a whole number, 0 or more, or Infinity',
  stop: (value) => (typeof value === 'string' ? undefined : texts(value)),
  signal,
  onPrefill: aFunction,
  speculate: aFunction,
};

/** The options that a sampler checks by itself. */
type SamplerOption = Exclude<
  keyof GenerateOptions,
  'maxTokens' | 'stop' | 'signal' | 'onPrefill' | 'speculate'
>;

/** @throws RondoError `BAD_ARGUMENT` with the name of an option of `loadModel` that is of another kind */
export function checkLoadOptions(options: LoadOptions): void {
  check(options, loadChecks);
}

/** @throws RondoError `BAD_ARGUMENT` with the name of an option of `generate` that is of another kind */
export function checkGenerateOptions(options: GenerateOptions): void {
  check(options, generateChecks);
}

function check<T extends object>(options: T, checks: Readonly<Record<string, Check>>): void {
  for (const [name, checkOne] of Object.entries(checks)) {
    const value: unknown = Reflect.get(options, name);
    if (value === undefined) continue;
    const expected = checkOne(value);
    if (expected === undefined) continue;
    const found = typeof value === 'string' ? `"${value.slice(0, 100)}"` : String(value);
    throw new RondoError('BAD_ARGUMENT', `${name} must be ${expected}, not ${found}.`, {
      details: { option: name, found: value, expected },
    });
  }
}

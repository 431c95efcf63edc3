// The options of sampling as data: checks, and the options of the command line, are derived from them.
import type { Check } from '../../common/check-arguments.ts';

/** One option of a sampling step. */
export interface SamplingOption<Value> {
  /** The form of the value, from which the command line derives how the value is written. */
  readonly kind: 'number' | 'whole' | 'choice' | 'texts' | 'biases' | 'names';
  /** The value if the option is not given. */
  readonly default: Value;
  /** The name on the command line, where llama.cpp's differs. */
  readonly flag?: string;
  /** The default in words, where the value itself does not say it. */
  readonly defaultText?: string;
  /** Bounds of a number: `least` and `most` are allowed, `above` itself is not. */
  readonly least?: number;
  readonly above?: number;
  readonly most?: number;
  /** The allowed values of `choice` and `names`. */
  readonly values?: readonly (string | number)[];
  /** What the option does, for the help of the command line. */
  readonly help: string;
  /** Describes the expected value; undefined if the value is valid. */
  readonly check: (value: unknown) => string | undefined;
}

/** Bounds of a number, its name on the command line, and its help. */
type Bounds = Pick<SamplingOption<number>, 'flag' | 'least' | 'above' | 'most' | 'help'>;

/** A number within bounds. */
export function number(value: number, bounds: Bounds): SamplingOption<number> {
  return { kind: 'number', default: value, ...bounds, check: within('a number', bounds, Number.isFinite) };
}

/** A whole number within bounds. */
export function whole(value: number, bounds: Bounds): SamplingOption<number> {
  const check = within('a whole number', bounds, Number.isSafeInteger);
  return { kind: 'whole', default: value, ...bounds, check };
}

function within(what: string, { least, above, most }: Bounds, isOne: (value: number) => boolean): Check {
  const bounds = [
    ...(least === undefined ? [] : [`at least ${least}`]),
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(most === undefined ? [] : [`at most ${most}`]),
  ];
  const expected = [what, bounds.join(' and ')].filter(Boolean).join(', ');
  return (value) => {
    const isValid =
      typeof value === 'number' &&
      isOne(value) &&
      value >= (least ?? -Infinity) &&
      value > (above ?? -Infinity) &&
      value <= (most ?? Infinity);
    return isValid ? undefined : expected;
  };
}

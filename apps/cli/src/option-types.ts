// The types of option values: how each is written in the help, and how it is read and checked.
import type { MetadataValue } from '@rondo/gguf';
import { dtypes, type DType } from '@rondo/tensor';
import { InvalidArgumentError } from 'commander';

/** A type of option value. */
export interface OptionType<T> {
  /** The placeholder for the value in the help, such as `<number>`; a switch has none. */
  readonly placeholder?: string;
  /** A switch that is on unless `--no-…` is given. */
  readonly negated?: boolean;
  /**
   * Whether the option may be repeated, each time for one more value. Any other option is refused if it is repeated: otherwise
   * one of its values would be ignored without a message.
   */
  readonly repeats?: boolean;
  /**
   * The value of a text; `previous` is the value of an earlier use of the same option.
   *
   * @throws InvalidArgumentError for an invalid text; commander makes it a usage error
   */
  parse(text: string, previous?: T): T;
}

/** Off unless given. */
export const flag: OptionType<boolean> = { parse: () => true };

/** On unless `--no-…` is given. */
export const negatedFlag: OptionType<boolean> = { negated: true, parse: () => false };

/** Any text; `placeholder` says what the text is. */
export function text(placeholder: string): OptionType<string> {
  return { placeholder, parse: (value) => value };
}

/** The name of something, such as a path. Not empty: an unset variable of the shell would give an empty name. */
export function named(placeholder: string): OptionType<string> {
  return { placeholder, parse: notEmpty };
}

/** Any number of texts, one for each use of the option; none is empty. */
export function texts(placeholder: string): OptionType<readonly string[]> {
  return {
    placeholder,
    repeats: true,
    parse: (value, previous = []) => [...previous, notEmpty(value)],
  };
}

/** @throws InvalidArgumentError for an empty text */
export function notEmpty(value: string): string {
  if (value !== '') return value;
  throw new InvalidArgumentError('Give a text that is not empty.');
}

/** Any number within bounds: `least` and `most` are allowed, `above` itself is not. */
export function decimal(bounds: {
  readonly least?: number;
  readonly above?: number;
  readonly most?: number;
}): OptionType<number> {
  const { least = -Infinity, above = -Infinity, most = Infinity } = bounds;
  const wanted = [
    least > -Infinity ? `at least ${least}` : '',
    above > -Infinity ? `above ${above}` : '',
    most < Infinity ? `at most ${most}` : '',
  ];
  return {
    placeholder: '<number>',
    parse(value) {
      const number = value.trim() === '' ? Number.NaN : Number(value);
      if (Number.isFinite(number) && number >= least && number > above && number <= most) return number;
      throw new InvalidArgumentError(`Give a number ${wanted.filter(Boolean).join(' and ')}.`);
    },
  };
}

/** A whole number within bounds, both included. */
export function whole({
  least,
  most = Number.MAX_SAFE_INTEGER,
}: {
  readonly least: number;
  readonly most?: number;
}): OptionType<number> {
  const wanted = most < Number.MAX_SAFE_INTEGER ? `from ${least} to ${most}` : `from ${least} up`;
  return {
    placeholder: '<number>',
    parse(value) {
      const number = /^[+-]?\d+$/.test(value.trim()) ? Number(value) : Number.NaN;
      if (number >= least && number <= most) return number;
      throw new InvalidArgumentError(
        least === Number.MIN_SAFE_INTEGER ? 'Give a whole number.' : `Give a whole number ${wanted}.`,
      );
    },
  };
}

/** One of the given names. */
export function choice<const T extends string>(names: readonly T[], placeholder = '<name>'): OptionType<T> {
  return {
    placeholder,
    parse(value) {
      const found = names.find((name) => name === value);
      if (found !== undefined) return found;
      throw new InvalidArgumentError(`Choose ${names.join(' or ')}.`);
    },
  };
}

/** The same type, in upper or lower case. */
export function anyCase<T>(type: OptionType<T>): OptionType<T> {
  return { ...type, parse: (value, previous) => type.parse(value.toLowerCase(), previous) };
}

/** A data type of weights, in upper or lower case. */
export const dtype: OptionType<DType> = {
  placeholder: '<type>',
  parse(value) {
    const found = dtypes.find((name) => name === value.toUpperCase());
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`Choose ${dtypes.map((name) => name.toLowerCase()).join(', ')}.`);
  },
};

/** Values of metadata, one `KEY=TYPE:VALUE` for each use of the option. */
export const metadataValues: OptionType<Readonly<Record<string, MetadataValue>>> = {
  placeholder: '<key=type:value>',
  repeats: true,
  parse(text, previous = {}) {
    const [, key = '', type = '', value = ''] = /^([^=]+)=(int|float|bool|str):(.*)$/s.exec(text) ?? [];
    const parsed = metadataValue(type, value);
    if (key !== '' && parsed) return { ...previous, [key]: parsed };
    throw new InvalidArgumentError(
      'Give a key, one of the types int, float, bool and str, and a value: such as llama.context_length=int:8192.',
    );
  },
};

function metadataValue(type: string, value: string): MetadataValue | undefined {
  if (type === 'str') return { type: 'string', value };
  if (type === 'bool')
    return value === 'true' || value === 'false' ? { type: 'bool', value: value === 'true' } : undefined;
  if (type === 'int') return /^[+-]?\d+$/.test(value) ? { type: 'i64', value: BigInt(value) } : undefined;
  const number = value.trim() === '' ? Number.NaN : Number(value);
  return type === 'float' && !Number.isNaN(number) ? { type: 'f64', value: number } : undefined;
}

/** `type`, or the word `auto`. */
export function orAuto<T>(type: OptionType<T>): OptionType<T | 'auto'> {
  const { placeholder = '' } = type;
  return {
    placeholder: placeholder.replace('>', '|auto>'),
    parse: (value) => (value === 'auto' ? 'auto' : type.parse(value)),
  };
}

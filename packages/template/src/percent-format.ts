// Python's `'…' % values`.
// https://docs.python.org/3/library/stdtypes.html#printf-style-string-formatting
import { failed } from './errors.ts';
import { hashOf } from './hash.ts';
import { unitIndex } from './characters.ts';
import { floatDigits, integerDigits, mostPlaces, signOf } from './number-format.ts';
import { padText } from './pad.ts';
import { asciiOf, reprOf, strOf } from './repr.ts';
import type { Run } from './run.ts';
import { createBuilder, derived, sliceText, text, type Text } from './text.ts';
import { asInteger, checkDefined, expectSize, isDict, isText, typeName, type Value } from './values.ts';

interface Conversion {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly type: string;
}

/** The arguments of a format, in order or by name. */
function createArguments(run: Run, values: Value) {
  const isTuple = typeof values === 'object' && values !== null && values.kind === 'tuple';
  const inOrder = isTuple ? values.items : [values];
  let used = 0;
  return {
    next(): Value {
      if (used >= inOrder.length) throw failed('not enough arguments for format string');
      return inOrder[used++];
    },
    named(name: Text): Value {
      if (!isDict(values)) throw failed('format requires a mapping');
      used = inOrder.length;
      const entry = values.entries.get(hashOf(run, name));
      if (entry === undefined) throw failed(`the mapping has no key '${name.value}'`);
      return entry.value;
    },
    finish(): void {
      // A value with elements by key counts as arguments by name, not all of which must be used.
      const kind = typeof values === 'object' && values !== null ? values.kind : '';
      const mayBeLeft = ['dict', 'list', 'range', 'undefined'].includes(kind);
      if (used < inOrder.length && !mayBeLeft)
        throw failed('not all arguments converted during string formatting');
    },
  };
}

/** The value of `format % values`. @throws RondoError `BAD_TEMPLATE` if Python gives no value */
export function percentFormat(run: Run, format: Text, values: Value): Text {
  const { value: source } = format;
  run.budget.scan(source.length);
  const given = createArguments(run, values);
  const builder = createBuilder();
  let at = 0;
  const add = (added: Text): void => {
    run.budget.copy(added.value.length);
    builder.addText(added);
  };
  for (;;) {
    const percent = source.indexOf('%', at);
    run.budget.copy((percent < 0 ? source.length : percent) - at);
    builder.addSlice(format, at, percent < 0 ? source.length : percent);
    if (percent < 0) break;
    at = percent + 1;
    // With anything in between, as in `%5%`, it is a conversion, and no conversion has that name.
    if (source[at] === '%') {
      builder.addSlice(format, at, ++at);
      continue;
    }
    let named: Value | undefined;
    if (source[at] === '(') {
      let depth = 1;
      const start = ++at;
      for (; at < source.length && depth > 0; at++) {
        if (source[at] === '(') depth++;
        else if (source[at] === ')') depth--;
      }
      if (depth > 0) throw failed('incomplete format key');
      named = given.named(sliceText(format, start, at - 1));
    }
    const start = at;
    while ('#0- +'.includes(source.charAt(at)) && at < source.length) at++;
    let flags = source.slice(start, at);
    const number = (): number | undefined => {
      if (source[at] === '*') {
        at++;
        return expectSize(given.next(), '* of a format');
      }
      const from = at;
      while (/[0-9]/.test(source.charAt(at))) at++;
      return from === at ? undefined : Math.min(Number(source.slice(from, at)), 0x7fffffff);
    };
    let width = number() ?? 0;
    if (width < 0) {
      flags += '-';
      width = -width;
    }
    let precision: number | undefined;
    if (source[at] === '.') {
      at++;
      precision = Math.max(0, number() ?? 0);
    }
    if ('hlL'.includes(source.charAt(at)) && at < source.length) at++;
    if (at >= source.length) throw failed('incomplete format');
    const type = source.charAt(at++);
    add(convert(run, { flags, width, precision, type }, named ?? given.next()));
  }
  given.finish();
  return builder.finish();
}

function convert(run: Run, { flags, width, precision, type }: Conversion, value: Value): Text {
  const field = (content: Text): Text =>
    padText(run, content, width, flags.includes('-') ? '<' : '>', text(' '));
  switch (type) {
    case 's':
    case 'r':
    case 'a': {
      const toText = type === 's' ? strOf : type === 'r' ? reprOf : asciiOf;
      const whole = toText(run, value);
      return field(precision === undefined ? whole : sliceText(whole, 0, unitIndex(whole.value, precision)));
    }
    case 'c': {
      if (isText(value)) {
        if ([...value.value].length !== 1) throw failed('%c requires int or char');
        return field(value);
      }
      const code = asInteger(value);
      if (code === undefined || code < 0n || code > 0x10ffffn) throw failed('%c requires int or char');
      return field(text(String.fromCodePoint(Number(code))));
    }
    case 'd':
    case 'i':
    case 'u':
    case 'x':
    case 'X':
    case 'o':
      return numberField(run, integerParts(run, value, type, flags, precision), flags, width);
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G': {
      const float = floatOf(value);
      return numberField(
        run,
        {
          sign: signOf(float < 0 || Object.is(float, -0), signFlag(flags)),
          prefix: '',
          digits: floatDigits(run, float, type, precision, flags.includes('#')),
        },
        flags,
        width,
      );
    }
    default:
      throw failed(`unsupported format character '${type}'`);
  }
}

const signFlag = (flags: string): string => (flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '');

interface NumberParts {
  readonly sign: string;
  readonly prefix: string;
  readonly digits: string;
}

function integerParts(
  run: Run,
  value: Value,
  type: string,
  flags: string,
  precision: number | undefined,
): NumberParts {
  const integer =
    asInteger(value) ??
    (typeof value === 'number' && 'diu'.includes(type) && Number.isFinite(value)
      ? BigInt(Math.trunc(value))
      : undefined);
  if (integer === undefined) {
    checkDefined(value);
    throw failed(`%${type} format: a real number is required, not ${typeName(value)}`);
  }
  if ((precision ?? 0) > mostPlaces) throw failed(`a precision of ${precision} is too large`);
  const prefixed = integerDigits(run, integer, type, flags.includes('#'));
  const prefix = /^0[xXo]/.exec(prefixed)?.[0] ?? '';
  return {
    sign: signOf(integer < 0n, signFlag(flags)),
    prefix,
    digits: prefixed.slice(prefix.length).padStart(precision ?? 0, '0'),
  };
}

function floatOf(value: Value): number {
  if (typeof value === 'number') return value;
  const integer = asInteger(value);
  if (integer !== undefined) return Number(integer);
  checkDefined(value);
  throw failed(`must be real number, not ${typeName(value)}`);
}

function numberField(run: Run, { sign, prefix, digits }: NumberParts, flags: string, width: number): Text {
  const lead = sign + prefix;
  const zeros =
    flags.includes('0') && !flags.includes('-') ? Math.max(0, width - lead.length - digits.length) : 0;
  run.budget.copy(zeros + digits.length);
  const written = derived(lead + '0'.repeat(zeros) + digits, []);
  return padText(run, written, width, flags.includes('-') ? '<' : '>', text(' '));
}

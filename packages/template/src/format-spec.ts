// Formats one value in the mini-language of `str.format`.
// https://docs.python.org/3/library/string.html#format-specification-mini-language
import { unitIndex, unitsAt } from './characters.ts';
import { failed } from './errors.ts';
import { floatRepr } from './float-text.ts';
import { floatDigits, grouped, integerDigits, mostPlaces, signOf } from './number-format.ts';
import { padText, type Alignment } from './pad.ts';
import { strOf } from './repr.ts';
import type { Run } from './run.ts';
import { derived, sliceText, sourceAmong, text, dataText, type Text } from './text.ts';
import { isText, typeName, type Value } from './values.ts';

interface Spec {
  readonly fill: string;
  readonly align: string;
  /** Whether `0` stands before the width: numbers are then padded with zeros after the sign, texts at their end. */
  readonly padsWithZeros: boolean;
  readonly sign: string;
  /** Whether `z` is given: a float that is written as zero then has no sign. */
  readonly dropsZeroSign: boolean;
  readonly alternative: boolean;
  readonly width: number;
  readonly grouping: string;
  readonly precision: number | undefined;
  readonly type: string;
}

const pattern = /^([<>=^])?([-+ ])?(z)?(#)?(0)?([0-9]{1,9})?([,_])?(?:\.([0-9]{1,9}))?([a-zA-Z%])?$/;

function parseSpec(source: string): Spec {
  let rest = source;
  let fill = '';
  const units = source === '' ? 0 : unitsAt(source, 0);
  if (units > 0 && source.length > units && '<>=^'.includes(source.charAt(units))) {
    fill = source.slice(0, units);
    rest = source.slice(units);
  }
  const match = pattern.exec(rest);
  if (match === null) throw failed(`invalid format specifier '${source.slice(0, 40)}'`);
  const [, align = '', sign = '', zeroSign, alternative, zero, width, grouping = '', precision, type = ''] =
    match;
  return {
    fill: fill || (zero !== undefined ? '0' : ' '),
    align: align || (zero !== undefined ? '=' : ''),
    padsWithZeros: align === '' && zero !== undefined,
    sign,
    dropsZeroSign: zeroSign !== undefined,
    alternative: alternative !== undefined,
    width: Number(width ?? 0),
    grouping,
    precision: precision === undefined ? undefined : Number(precision),
    type,
  };
}

/** The formatted value. @throws RondoError `BAD_TEMPLATE` if Python gives no value */
export function formatValue(run: Run, value: Value, format: Text): Text {
  run.budget.scan(format.value.length);
  if (format.value === '') return strOf(run, value);
  const spec = parseSpec(format.value);
  const source = sourceAmong([format]);
  const fill = source === undefined ? text(spec.fill) : dataText(spec.fill, source);
  if (typeof value === 'number') return number(run, floatParts(run, value, spec), spec, fill);
  if (typeof value === 'bigint') return integer(run, value, spec, fill);
  if (typeof value === 'boolean' && spec.type !== '' && spec.type !== 's') {
    return integer(run, BigInt(value), spec, fill);
  }
  if (isText(value)) return plain(run, value, spec, fill);
  if (typeof value === 'boolean') {
    // CPython formats a boolean without a type as an integer.
    return integer(run, BigInt(value), spec, fill);
  }
  throw failed(`unsupported format string passed to ${typeName(value)}.__format__`);
}

function plain(run: Run, value: Text, spec: Spec, fill: Text): Text {
  const align = spec.padsWithZeros ? '<' : spec.align || '<';
  const type = spec.type === 's' ? '' : spec.type;
  const refused =
    type ||
    spec.sign ||
    spec.grouping ||
    (spec.dropsZeroSign ? 'z' : '') ||
    (align === '=' ? align : spec.alternative ? '#' : '');
  if (refused !== '') throw failed(`unknown format code '${refused}' for object of type 'str'`);
  const cut =
    spec.precision === undefined ? value : sliceText(value, 0, unitIndex(value.value, spec.precision));
  return padText(run, cut, spec.width, align as Alignment, fill);
}

interface Parts {
  readonly sign: string;
  readonly digits: string;
}

function integer(run: Run, value: bigint, spec: Spec, fill: Text): Text {
  const { type } = spec;
  if ('eEfFgG%'.includes(type) && type !== '') {
    return number(run, floatParts(run, Number(value), spec), spec, fill);
  }
  if (spec.dropsZeroSign) throw failed('z is not allowed in an integer format specifier');
  if (spec.precision !== undefined) throw failed('precision not allowed in integer format specifier');
  if (spec.grouping !== '' && (spec.grouping === ',' ? 'boxXcn' : 'cn').includes(type) && type !== '')
    throw failed(`cannot specify '${spec.grouping}' with '${type}'`);
  if (type === 'c') {
    if (value < 0n || value > 0x10ffffn) throw failed('%c arg not in range');
    return padText(
      run,
      text(String.fromCodePoint(Number(value))),
      spec.width,
      (spec.align || '>') as Alignment,
      fill,
    );
  }
  if (!'bdnoxX'.includes(type)) throw failed(`unknown format code '${type}' for object of type 'int'`);
  const digits = integerDigits(run, value, type, spec.alternative);
  return number(run, { sign: signOf(value < 0n, spec.sign), digits }, spec, fill);
}

function floatParts(run: Run, value: number, spec: Spec): Parts {
  const digits = floatDigitsOf(run, value, spec);
  const isNegative = value < 0 || Object.is(value, -0);
  const isZero = Number.isFinite(value) && !/[1-9]/.test(digits.replace(/e.*$/i, ''));
  return { sign: signOf(isNegative && !(spec.dropsZeroSign && isZero), spec.sign), digits };
}

function floatDigitsOf(run: Run, value: number, { type, precision, alternative, grouping }: Spec): string {
  if (grouping !== '' && type === 'n') throw failed(`cannot specify '${grouping}' with 'n'`);
  if (precision === undefined && type === '') return floatRepr(Math.abs(value));
  if (!'eEfFgGn%'.includes(type)) throw failed(`unknown format code '${type}' for object of type 'float'`);
  return floatDigits(run, value, type, precision, alternative);
}

function number(run: Run, parts: Parts, spec: Spec, fill: Text): Text {
  if (spec.width > run.budget.bytes + 1e9 || (spec.precision ?? 0) > mostPlaces)
    throw failed('a width is too large');
  const prefix = spec.alternative ? (/^0[xXob]/.exec(parts.digits)?.[0] ?? '') : '';
  const size =
    prefix === '' && 'boxX'.includes(spec.type) && spec.type !== ''
      ? 4
      : spec.type !== '' && 'boxX'.includes(spec.type)
        ? 4
        : 3;
  const body = parts.digits.slice(prefix.length);
  const digits = spec.grouping === '' ? body : grouped(body, spec.grouping, size);
  const lead = parts.sign + prefix;
  if (spec.align !== '=') {
    const written = derived(lead + digits, []);
    return padText(run, written, spec.width, (spec.align || '>') as Alignment, fill);
  }
  const missing = Math.max(0, spec.width - lead.length - digits.length);
  run.budget.copy(missing);
  if (spec.grouping !== '' && spec.fill === '0' && missing > 0) {
    return text(lead + groupedZeros(body, spec, size, spec.width - lead.length));
  }
  return derived(lead + spec.fill.repeat(missing) + digits, [fill]);
}

/** Zeros before grouped digits are grouped with the digits. */
function groupedZeros(body: string, spec: Spec, size: number, width: number): string {
  let zeros = 0;
  let written = grouped(body, spec.grouping, size);
  while (written.length < width) written = grouped('0'.repeat(++zeros) + body, spec.grouping, size);
  return written;
}

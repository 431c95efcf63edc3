// Filters of numbers.
import { failed, overLimit } from '../errors.ts';
import { fixed, roundFloat } from '../float-text.ts';
import { templateLimits } from '../limits.ts';
import { readFloat, readInteger } from '../number-text.ts';
import { arithmetic } from '../arithmetic.ts';
import type { Run } from '../run.ts';
import { text } from '../text.ts';
import { asInteger, checkDefined, expectSize, isText, isTrue, typeName, type Value } from '../values.ts';
import { filter, type Filter } from './filter.ts';

function truncated(value: number): bigint | undefined {
  return Number.isFinite(value) ? BigInt(Math.trunc(value)) : undefined;
}

/** A value as a float; undefined if it cannot be one. */
function floatOf(run: Run, value: Value): number | undefined {
  if (typeof value === 'number') return value;
  const integer = asInteger(value);
  if (integer !== undefined) {
    const float = Number(integer);
    if (!Number.isFinite(float)) throw failed('int too large to convert to float');
    return float;
  }
  if (isText(value)) {
    run.budget.scan(value.value.length);
    return readFloat(value.value);
  }
  checkDefined(value);
  return undefined;
}

function toInteger(
  run: Run,
  value: Value,
  [otherwise = 0n, base = 10n]: readonly (Value | undefined)[],
): Value {
  const integer = asInteger(value);
  if (integer !== undefined) return integer;
  if (isText(value)) {
    run.budget.work(1 + value.value.length * Math.max(1, value.value.length / 256));
    const read = readInteger(value.value, Number(asInteger(base) ?? -1n));
    if (read !== undefined) return read;
  } else if (typeof value === 'number' && !Number.isFinite(value)) {
    if (Number.isNaN(value)) return otherwise;
    throw failed('cannot convert float infinity to integer');
  }
  const float = floatOf(run, value);
  return (float === undefined ? undefined : truncated(float)) ?? otherwise;
}

function absolute(value: Value): Value {
  const integer = asInteger(value);
  if (integer !== undefined) return integer < 0n ? -integer : integer;
  if (typeof value === 'number') return Math.abs(value);
  checkDefined(value);
  throw failed(`bad operand type for abs(): '${typeName(value)}'`);
}

function round(
  run: Run,
  value: Value,
  [precision = 0n, method = text('common')]: readonly (Value | undefined)[],
): Value {
  const how = isText(method) ? method.value : '';
  if (how !== 'common' && how !== 'ceil' && how !== 'floor') {
    throw failed('method must be common, ceil or floor');
  }
  const integer = asInteger(value);
  if (how === 'common') {
    const places = expectSize(precision, 'a precision');
    if (integer !== undefined) return roundInteger(run, integer, places);
    if (typeof value !== 'number') throw failed(`type ${typeName(value)} doesn't define __round__ method`);
    return roundFloat(value, places);
  }
  const scale = arithmetic(run, '**', 10n, precision);
  const scaled = arithmetic(run, '*', value, scale);
  const whole =
    asInteger(scaled) ??
    (typeof scaled === 'number'
      ? truncated(how === 'ceil' ? Math.ceil(scaled) : Math.floor(scaled))
      : undefined);
  if (whole === undefined) throw failed('cannot convert float to integer');
  return arithmetic(run, '/', whole, scale);
}

function roundInteger(run: Run, value: bigint, places: number): bigint {
  if (places >= 0) return value;
  if (-places > templateLimits.integerBits / 4)
    throw overLimit('a precision', templateLimits.integerBits / 4);
  run.budget.scan(-places);
  const unit = 10n ** BigInt(-places);
  const magnitude = value < 0n ? -value : value;
  const twice = 2n * (magnitude % unit);
  const down = magnitude / unit;
  const up = twice > unit || (twice === unit && down % 2n === 1n);
  const rounded = (up ? down + 1n : down) * unit;
  return value < 0n ? -rounded : rounded;
}

function fileSize(run: Run, value: Value, [isBinary = false]: readonly (Value | undefined)[]): Value {
  const bytes = floatOf(run, value);
  if (bytes === undefined || Number.isNaN(bytes))
    throw failed(`could not convert ${typeName(value)} to float`);
  const binary = isTrue(isBinary);
  const base = binary ? 1024 : 1000;
  if (bytes === 1) return text('1 Byte');
  if (bytes < base) return text(`${Math.trunc(bytes)} Bytes`);
  const prefixes = [...'kMGTPEZY'].map((letter) => (binary ? `${letter.toUpperCase()}iB` : `${letter}B`));
  let unit = base;
  for (const [index, prefix] of prefixes.entries()) {
    unit = base ** (index + 2);
    if (bytes < unit) return text(`${fixed((base * bytes) / unit, 1)} ${prefix}`);
  }
  if (!Number.isFinite(bytes)) return text(`inf ${prefixes.at(-1)}`);
  return text(`${fixed((base * bytes) / unit, 1)} ${prefixes.at(-1)}`);
}

export const numberFilters: Readonly<Record<string, Filter>> = {
  abs: filter([], (_, value) => absolute(value)),
  int: filter(['default', 'base'], toInteger),
  float: filter(['default'], (run, value, [otherwise = 0]) => floatOf(run, value) ?? otherwise),
  round: filter(['precision', 'method'], round),
  filesizeformat: filter(['binary'], fileSize),
};

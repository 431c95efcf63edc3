// The operators of numbers, strings and lists, with Python's results.
import { failed, overLimit } from './errors.ts';
import { roundQuotient } from './float-text.ts';
import { asMarkup, escapeMarkup } from './markup.ts';
import { percentFormat } from './percent-format.ts';
import { templateLimits } from './limits.ts';
import type { Run } from './run.ts';
import { concatTexts, createBuilder, text, type Text } from './text.ts';
import { asInteger, checkDefined, isNumber, isText, typeName, type Value } from './values.ts';

const small = 1n << 62n;

/** Bits of an integer, rounded up for integers that fit a word. */
function bitsOf(value: bigint): number {
  if (value < small && value > -small) return 64;
  return 4 * value.toString(16).length;
}

function checkBits(run: Run, bits: number, work: number): void {
  if (bits > templateLimits.integerBits) {
    throw overLimit(`an integer of ${bits} bits`, templateLimits.integerBits);
  }
  if (bits > 128) run.budget.work(work);
}

function integerArithmetic(run: Run, operator: string, left: bigint, right: bigint): bigint | number {
  const leftBits = bitsOf(left);
  const rightBits = bitsOf(right);
  checkBits(run, leftBits + rightBits, ((leftBits / 64) * rightBits) / 64);
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/': {
      if (right === 0n) throw failed('division by zero');
      return divideExactly(left, right);
    }
    case '//': {
      if (right === 0n) throw failed('integer division or modulo by zero');
      const quotient = left / right;
      return quotient * right !== left && left < 0n !== right < 0n ? quotient - 1n : quotient;
    }
    case '%': {
      if (right === 0n) throw failed('integer modulo by zero');
      const rest = left % right;
      return rest !== 0n && rest < 0n !== right < 0n ? rest + right : rest;
    }
    default:
      return power(run, left, right);
  }
}

function divideExactly(left: bigint, right: bigint): number {
  const quotient = Number(left) / Number(right);
  const isExact = Number.isSafeInteger(Number(left)) && Number.isSafeInteger(Number(right));
  if (isExact) return quotient;
  const magnitude = divideMagnitudes(left < 0n ? -left : left, right < 0n ? -right : right);
  if (!Number.isFinite(magnitude)) throw failed('integer division result too large for a float');
  return left < 0n === right < 0n ? magnitude : -magnitude;
}

/** The float nearest to the quotient of two non-negative integers, rounded once, halves to even. */
function divideMagnitudes(left: bigint, right: bigint): number {
  // The quotient lies between 2^(excess - 1) and 2^(excess + 1).
  const excess = bitLength(left) - bitLength(right);
  // Below 2^-1021, floats are multiples of 2^-1074, with 53 bits at most.
  if (excess < -1021) return Number(roundQuotient(left << 1074n, right)) * 2 ** -1074;
  // 64 bits or more; the last bit stands for all bits after it.
  const shift = 66 - excess;
  const [dividend, divisor] = shift >= 0 ? [left << BigInt(shift), right] : [left, right << BigInt(-shift)];
  const whole = dividend / divisor;
  const rounded = Number(whole * divisor === dividend ? whole : whole | 1n);
  // In two steps, because a single power of two may be out of the range of floats.
  const half = Math.trunc(shift / 2);
  return rounded * 2 ** -half * 2 ** (half - shift);
}

function bitLength(value: bigint): number {
  const digits = value.toString(16);
  return 4 * digits.length - Math.clz32(Number.parseInt(digits.charAt(0), 16)) + 28;
}

function power(run: Run, base: bigint, exponent: bigint): bigint | number {
  if (exponent < 0n) {
    if (base === 0n) throw failed('0.0 cannot be raised to a negative power');
    return Number(base) ** Number(exponent);
  }
  if (base === 0n || base === 1n || base === -1n) {
    return exponent === 0n ? 1n : base === -1n && exponent % 2n === 0n ? 1n : base;
  }
  const bits = base.toString(2).length * Number(exponent);
  checkBits(run, bits, (bits / 64) ** 2);
  return base ** exponent;
}

function toFloat(value: bigint | number): number {
  const float = Number(value);
  if (typeof value === 'bigint' && !Number.isFinite(float)) throw failed('int too large to convert to float');
  return float;
}

function floatArithmetic(operator: string, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      if (right === 0) throw failed('float division by zero');
      return left / right;
    case '//': {
      if (right === 0) throw failed('float floor division by zero');
      return floorDivide(left, right);
    }
    case '%': {
      if (right === 0) throw failed('float modulo');
      return modulo(left, right);
    }
    default: {
      if (left === 0 && right < 0) throw failed('0.0 cannot be raised to a negative power');
      // JavaScript gives NaN where Python follows C.
      if (left === 1 || (left === -1 && !Number.isFinite(right) && !Number.isNaN(right))) return 1;
      const result = left ** right;
      if (Number.isNaN(result) && !Number.isNaN(left) && !Number.isNaN(right)) {
        throw failed('a complex number is no value of a template');
      }
      if (!Number.isFinite(result) && Number.isFinite(left) && Number.isFinite(right)) {
        throw failed('a float is out of range');
      }
      return result;
    }
  }
}

/** As CPython's `float_rem`: the result has the sign of the divisor. */
function modulo(left: number, right: number): number {
  const rest = left % right;
  if (rest === 0) return right < 0 ? -0 : 0;
  return rest < 0 !== right < 0 ? rest + right : rest;
}

/** As CPython's `_float_div_mod`. */
function floorDivide(left: number, right: number): number {
  const rest = left % right;
  let quotient = (left - rest) / right;
  if (rest !== 0 && right < 0 !== rest < 0) quotient -= 1;
  if (quotient === 0) return left / right < 0 || Object.is(left / right, -0) ? -0 : 0;
  const floor = Math.floor(quotient);
  return quotient - floor > 0.5 ? floor + 1 : floor;
}

function repeatText(run: Run, of: Text, count: bigint): Text {
  const times = count > 0n ? Number(count) : 0;
  run.budget.copy((of.value.length + 8 * of.ranges.length) * times);
  if (of.value === '' || times === 0) return text('');
  if (of.ranges.length === 0) return text(of.value.repeat(times));
  const builder = createBuilder();
  for (let i = 0; i < times; i++) builder.addText(of);
  return builder.finish();
}

function repeatItems(run: Run, of: Extract<Value, { kind: 'list' | 'tuple' }>, count: bigint): Value {
  const times = count > 0n ? Number(count) : 0;
  run.budget.collect(of.items.length * times);
  const items: Value[] = [];
  if (of.items.length > 0) for (let i = 0; i < times; i++) for (const item of of.items) items.push(item);
  return { kind: of.kind, items };
}

function repeated(run: Run, left: Value, right: Value): Value | undefined {
  for (const [of, by] of [
    [left, right],
    [right, left],
  ]) {
    const count = asInteger(by);
    if (count === undefined || typeof of !== 'object' || of === null) continue;
    if (of.kind === 'text') return repeatText(run, of, count);
    if (of.kind === 'list' || of.kind === 'tuple') return repeatItems(run, of, count);
  }
  return undefined;
}

/**
 * The value of `left operator right`.
 *
 * @throws RondoError `BAD_TEMPLATE` if Python has no such operation, or if a limit is passed
 */
export function arithmetic(run: Run, operator: string, left: Value, right: Value): Value {
  if (isText(left) && isText(right) && operator === '+') {
    if (left.isMarkup === true || right.isMarkup === true) {
      return asMarkup(concatTexts(run.budget, escapeMarkup(run, left), escapeMarkup(run, right)));
    }
    return concatTexts(run.budget, left, right);
  }
  if (isText(left) && operator === '%') return percentFormat(run, left, right);
  if (isNumber(left) && isNumber(right)) {
    const leftInteger = asInteger(left);
    const rightInteger = asInteger(right);
    if (leftInteger !== undefined && rightInteger !== undefined) {
      return integerArithmetic(run, operator, leftInteger, rightInteger);
    }
    return floatArithmetic(
      operator,
      toFloat(leftInteger ?? Number(left)),
      toFloat(rightInteger ?? Number(right)),
    );
  }
  if (operator === '*') {
    const result = repeated(run, left, right);
    if (result !== undefined) return result;
  }
  if (operator === '+' && typeof left === 'object' && typeof right === 'object' && left && right) {
    if ((left.kind === 'list' || left.kind === 'tuple') && right.kind === left.kind) {
      run.budget.collect(left.items.length + right.items.length);
      return { kind: left.kind, items: [...left.items, ...right.items] };
    }
  }
  checkDefined(left);
  checkDefined(right);
  const name = operator === '**' ? '** or pow()' : operator;
  throw failed(`unsupported operand type(s) for ${name}: '${typeName(left)}' and '${typeName(right)}'`);
}

/** The value of `-value` or `+value`. */
export function signed(operator: string, value: Value): Value {
  const integer = asInteger(value);
  if (integer !== undefined) return operator === '-' ? -integer : integer;
  if (typeof value === 'number') return operator === '-' ? -value : value;
  checkDefined(value);
  throw failed(`bad operand type for unary ${operator}: '${typeName(value)}'`);
}

// The texts of integers in a range.
import { codePoints } from '../language/code-points.ts';
import {
  choiceOf,
  empty,
  literal,
  nothing,
  oneOf,
  repeat,
  sequence,
  type Expression,
} from '../language/expression.ts';
import { digit, json, mostDigits } from './json-text.ts';

/** Bounds that are included; undefined for none. */
export interface IntegerRange {
  readonly min: bigint | undefined;
  readonly max: bigint | undefined;
}

/**
 * The texts of the integers in a range. Without a bound, an integer has at most 16 digits. `-0` is allowed where llama.cpp
 * allows it: without bounds, or if the minimum is negative and the maximum is not.
 */
export function integerText({ min, max }: IntegerRange): Expression {
  if (min === undefined && max === undefined) return json.integer;
  if (min !== undefined && max !== undefined && min > max) return nothing;
  const options: Expression[] = [];
  if (min === undefined || min < 0n) {
    // The magnitudes of the negative integers.
    const least = max !== undefined && max < 0n ? -max : min === undefined ? 1n : 0n;
    const most = min === undefined ? largest(least) : -min;
    options.push(sequence(literal('-'), magnitudes(least, most)));
  }
  if (max === undefined || max >= 0n) {
    const least = min !== undefined && min > 0n ? min : 0n;
    options.push(magnitudes(least, max ?? largest(least)));
  }
  return choiceOf(options);
}

/** The largest integer that is generated where there is no upper bound. */
function largest(least: bigint): bigint {
  return 10n ** BigInt(Math.max(mostDigits, String(least).length)) - 1n;
}

/** The decimal texts of the integers from `least` to `most`. */
function magnitudes(least: bigint, most: bigint): Expression {
  const options: Expression[] = [];
  for (let digits = String(least).length; digits <= String(most).length; digits++) {
    const first = digits === 1 ? 0n : 10n ** BigInt(digits - 1);
    const last = 10n ** BigInt(digits) - 1n;
    const from = least > first ? least : first;
    const to = most < last ? most : last;
    if (from <= to) options.push(sameLength(String(from), String(to)));
  }
  return choiceOf(options);
}

/** The texts from `least` to `most`, which have the same number of digits. */
function sameLength(least: string, most: string): Expression {
  if (least === '') return empty;
  const low = Number(least[0]);
  const high = Number(most[0]);
  const rest = least.length - 1;
  const lowest = '0'.repeat(rest);
  const highest = '9'.repeat(rest);
  if (low === high) return sequence(digits(low, low), sameLength(least.slice(1), most.slice(1)));
  const options: Expression[] = [];
  const startsAtLowest = least.slice(1) === lowest;
  const endsAtHighest = most.slice(1) === highest;
  const from = startsAtLowest ? low : low + 1;
  const to = endsAtHighest ? high : high - 1;
  if (!startsAtLowest) options.push(sequence(digits(low, low), sameLength(least.slice(1), highest)));
  if (from <= to) options.push(sequence(digits(from, to), repeat(digit, rest, rest)));
  if (!endsAtHighest) options.push(sequence(digits(high, high), sameLength(lowest, most.slice(1))));
  return choiceOf(options);
}

function digits(from: number, to: number): Expression {
  return from === to ? literal(String(from)) : oneOf(codePoints([0x30 + from, 0x30 + to]));
}

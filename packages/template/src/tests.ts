// The tests of the operator `is`, by name.
import { arithmetic } from './arithmetic.ts';
import { equals, holds } from './compare.ts';
import { failed } from './errors.ts';
import { contains, tryIterate, tryLength } from './iterate.ts';
import { searchMethods } from './methods/text-search.ts';
import { strOf } from './repr.ts';
import type { Run } from './run.ts';
import { isDict, isNumber, isText, isUndefined, type Named, type Value } from './values.ts';

interface Test {
  /** The number of arguments. */
  readonly count: number;
  /** The name of the argument, if it may be given by name. */
  readonly named?: string;
  passes(run: Run, value: Value, other: Value): boolean;
}

const test = (passes: Test['passes'], count = 0, named = ''): Test => ({ count, passes, named });
const comparing = (operator: string): Test =>
  test((run, value, other) => holds(run, operator, value, other), 1);
const remainder = (divisor: bigint, wanted: bigint): Test =>
  test((run, value) => equals(run, arithmetic(run, '%', value, divisor), wanted));
const equal = comparing('==');
const unequal = comparing('!=');
const less = comparing('<');
const greater = comparing('>');

function isSequence(run: Run, value: Value): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (value.kind === 'view' || value.kind === 'thing') return false;
  return tryLength(run, value) !== undefined;
}

function isSame(value: Value, other: Value): boolean {
  if (isText(value) && isText(other)) return value.value === other.value;
  return Object.is(value, other);
}

function isCased(name: 'islower' | 'isupper'): Test {
  return test((run, value) => searchMethods[name].call(run, strOf(run, value), []) === true);
}

const isCallable = (value: Value): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (value.kind === 'callable' ||
    value.kind === 'undefined' ||
    (value.kind === 'thing' && value.call !== undefined));

const tests: ReadonlyMap<string, Test> = new Map(
  Object.entries({
    odd: remainder(2n, 1n),
    even: remainder(2n, 0n),
    divisibleby: test((run, value, other) => equals(run, arithmetic(run, '%', value, other), 0n), 1, 'num'),
    defined: test((_, value) => !isUndefined(value)),
    undefined: test((_, value) => isUndefined(value)),
    filter: test((run, value) => isText(value) && run.filters.has(value.value)),
    test: test((_, value) => isText(value) && isTest(value.value)),
    none: test((_, value) => value === null),
    boolean: test((_, value) => typeof value === 'boolean'),
    false: test((_, value) => value === false),
    true: test((_, value) => value === true),
    integer: test((_, value) => typeof value === 'bigint'),
    float: test((_, value) => typeof value === 'number'),
    lower: isCased('islower'),
    upper: isCased('isupper'),
    string: test((_, value) => isText(value)),
    mapping: test((_, value) => isDict(value)),
    number: test((_, value) => isNumber(value)),
    sequence: test(isSequence),
    iterable: test((run, value) => tryIterate(run, value) !== undefined),
    callable: test((_, value) => isCallable(value)),
    sameas: test((_, value, other) => isSame(value, other), 1, 'other'),
    escaped: test((_, value) => isText(value) && value.isMarkup === true),
    in: test((run, value, other) => contains(run, other, value), 1, 'seq'),
    '==': equal,
    eq: equal,
    equalto: equal,
    '!=': unequal,
    ne: unequal,
    '>': greater,
    gt: greater,
    greaterthan: greater,
    '>=': comparing('>='),
    ge: comparing('>='),
    '<': less,
    lt: less,
    lessthan: less,
    '<=': comparing('<='),
    le: comparing('<='),
  }),
);

function isTest(name: string): boolean {
  return tests.has(name);
}

/** Whether `value is name(given)`. @throws RondoError `BAD_TEMPLATE` for a test that Python does not have */
export function applyTest(
  run: Run,
  name: string,
  value: Value,
  given: readonly Value[],
  named: Named,
): boolean {
  const found = tests.get(name);
  if (found === undefined) throw failed(`No test named '${name}'`);
  const all = [...given, ...named.values()];
  if (all.length !== found.count) {
    throw failed(`the test '${name}' takes ${found.count} arguments (${all.length} given)`);
  }
  const [unknown] = [...named.keys()].filter((key) => key !== found.named);
  if (unknown !== undefined) throw failed(`the test '${name}' has no argument '${unknown}'`);
  return found.passes(run, value, all[0] ?? null);
}

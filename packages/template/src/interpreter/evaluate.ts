// Evaluates expressions.
import { arithmetic, signed } from '../arithmetic.ts';
import { attributeOf, itemOf } from '../attributes.ts';
import { holds } from '../compare.ts';
import { failed } from '../errors.ts';
import { applyFilter } from '../filters/index.ts';
import { hashOf } from '../hash.ts';
import { contains, each } from '../iterate.ts';
import { strOf } from '../repr.ts';
import { enter, type Run } from '../run.ts';
import { sliceOf } from '../slices.ts';
import type { CallArguments, Expression } from '../syntax/nodes.ts';
import { applyTest } from '../tests.ts';
import { chargeConcat, createBuilder } from '../text.ts';
import {
  checkDefined,
  expectText,
  isDict,
  isTrue,
  typeName,
  undefinedValue,
  type Entry,
  type Named,
  type Value,
} from '../values.ts';
import { lookUp, type Scope } from './scope.ts';

const noNames: Named = new Map();

/** Evaluated arguments. */
export interface Evaluated {
  readonly given: readonly Value[];
  readonly named: Named;
}

/** Evaluates arguments. @throws RondoError `BAD_TEMPLATE` */
export function evaluateArguments(run: Run, scope: Scope, given: CallArguments): Evaluated {
  const values = given.inOrder.map((argument) => evaluate(run, scope, argument));
  if (given.named.length === 0 && given.rest === undefined && given.namedRest === undefined) {
    return { given: values, named: noNames };
  }
  const named = new Map<string, Value>();
  for (const { name, value } of given.named) named.set(name, evaluate(run, scope, value));
  if (given.rest !== undefined) {
    for (const item of each(run, evaluate(run, scope, given.rest))) {
      run.budget.collect(1);
      values.push(item);
    }
  }
  if (given.namedRest !== undefined) {
    const rest = evaluate(run, scope, given.namedRest);
    if (!isDict(rest)) throw failed(`argument after ** must be a mapping, not ${typeName(rest)}`);
    run.budget.collect(2 * rest.entries.size);
    for (const { key, value } of rest.entries.values()) {
      const name = expectText(key, 'a keyword').value;
      if (named.has(name)) throw failed(`got multiple values for keyword argument '${name}'`);
      named.set(name, value);
    }
  }
  return { given: values, named };
}

/** Calls a value. @throws RondoError `BAD_TEMPLATE` if the value cannot be called */
export function callValue(run: Run, callee: Value, { given, named }: Evaluated): Value {
  checkDefined(callee);
  if (typeof callee === 'object' && callee !== null) {
    if (callee.kind === 'callable') return callee.call(run, given, named);
    if (callee.kind === 'thing' && callee.call !== undefined) return callee.call(run, given, named);
  }
  throw failed(`'${typeName(callee)}' object is not callable`);
}

/** The value of a filter, applied to its own operand or to the body of a block. */
export function evaluateFilter(run: Run, scope: Scope, filter: Expression, body: Value): Value {
  if (filter.kind !== 'filter') return body;
  const of = filter.of === undefined ? body : evaluateFilter(run, scope, filter.of, body);
  const { given, named } = evaluateArguments(run, scope, filter.given);
  return applyFilter(run, filter.name, of, given, named);
}

function evaluateDict(run: Run, scope: Scope, { pairs }: Extract<Expression, { kind: 'dict' }>): Value {
  run.budget.collect(4 * pairs.length);
  const entries = new Map<string, Entry>();
  for (const pair of pairs) {
    const key = evaluate(run, scope, pair.key);
    const hash = hashOf(run, key);
    const value = evaluate(run, scope, pair.value);
    entries.set(hash, { key: entries.get(hash)?.key ?? key, value });
  }
  return { kind: 'dict', entries };
}

function evaluateConcat(run: Run, scope: Scope, parts: readonly Expression[]): Value {
  const texts = parts.map((part) => strOf(run, evaluate(run, scope, part)));
  chargeConcat(run.budget, texts);
  const builder = createBuilder();
  for (const part of texts) builder.addText(part);
  return builder.finish();
}

function evaluateComparison(
  run: Run,
  scope: Scope,
  { first, rest }: Extract<Expression, { kind: 'compare' }>,
): Value {
  let left = evaluate(run, scope, first);
  for (const { operator, value } of rest) {
    const right = evaluate(run, scope, value);
    const result =
      operator === 'in'
        ? contains(run, right, left)
        : operator === 'not in'
          ? !contains(run, right, left)
          : holds(run, operator, left, right);
    if (!result) return false;
    left = right;
  }
  return true;
}

function evaluateNode(
  run: Run,
  scope: Scope,
  node: Exclude<Expression, { kind: 'name' | 'constant' }>,
): Value {
  switch (node.kind) {
    case 'attribute':
      return attributeOf(run, evaluate(run, scope, node.of), node.name);
    case 'item':
      return itemOf(run, evaluate(run, scope, node.of), evaluate(run, scope, node.key));
    case 'slice': {
      const of = evaluate(run, scope, node.of);
      const [start, stop, step] = node.bounds.map((bound) =>
        bound === undefined ? null : evaluate(run, scope, bound),
      );
      return sliceOf(run, of, [start ?? null, stop ?? null, step ?? null]);
    }
    case 'call': {
      const callee = evaluate(run, scope, node.callee);
      return callValue(run, callee, evaluateArguments(run, scope, node.given));
    }
    case 'filter': {
      const of = node.of === undefined ? null : evaluate(run, scope, node.of);
      const { given, named } = evaluateArguments(run, scope, node.given);
      return applyFilter(run, node.name, of, given, named);
    }
    case 'test': {
      const of = evaluate(run, scope, node.of);
      const { given, named } = evaluateArguments(run, scope, node.given);
      return applyTest(run, node.name, of, given, named);
    }
    case 'binary':
      return arithmetic(
        run,
        node.operator,
        evaluate(run, scope, node.left),
        evaluate(run, scope, node.right),
      );
    case 'sign':
      return signed(node.operator, evaluate(run, scope, node.of));
    case 'not':
      return !isTrue(evaluate(run, scope, node.of));
    case 'and': {
      const left = evaluate(run, scope, node.left);
      return isTrue(left) ? evaluate(run, scope, node.right) : left;
    }
    case 'or': {
      const left = evaluate(run, scope, node.left);
      return isTrue(left) ? left : evaluate(run, scope, node.right);
    }
    case 'concat':
      return evaluateConcat(run, scope, node.parts);
    case 'compare':
      return evaluateComparison(run, scope, node);
    case 'condition':
      if (isTrue(evaluate(run, scope, node.test))) return evaluate(run, scope, node.whenTrue);
      return node.otherwise === undefined
        ? undefinedValue('the inline if-expression evaluated to false and no else section was defined.')
        : evaluate(run, scope, node.otherwise);
    case 'list':
    case 'tuple':
      run.budget.collect(node.items.length);
      return { kind: node.kind, items: node.items.map((item) => evaluate(run, scope, item)) };
    case 'dict':
      return evaluateDict(run, scope, node);
  }
}

/** The value of an expression. @throws RondoError `BAD_TEMPLATE` if Python gives no value, or if a limit is exceeded */
export function evaluate(run: Run, scope: Scope, node: Expression): Value {
  if (node.kind === 'constant') return node.value;
  if (node.kind === 'name') {
    run.budget.work(0.5);
    return lookUp(scope, node.name);
  }
  enter(run);
  const value = evaluateNode(run, scope, node);
  run.depth--;
  return value;
}

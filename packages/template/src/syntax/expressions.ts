// Reads expressions by the grammar of Jinja2's parser.
import { text } from '../text.ts';
import type { CallArguments, Expression } from './nodes.ts';
import type { TokenStream } from './token-stream.ts';

const comparisons = new Set(['==', '!=', '<', '<=', '>', '>=']);
const noArguments: CallArguments = { inOrder: [], named: [], rest: undefined, namedRest: undefined };

/** How a list without brackets is read. */
export interface TupleOptions {
  readonly withCondition?: boolean;
  /** A word that ends the list. */
  readonly until?: string;
  /** Whether the list is in parentheses, so that it may be empty. */
  readonly inParentheses?: boolean;
}

export const constantOf: Readonly<Record<string, boolean | null>> = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
};

export const isConstant = (name: string): boolean => Object.hasOwn(constantOf, name);

/** An expression. */
export function readExpression(stream: TokenStream, withCondition = true): Expression {
  return stream.nested(() => (withCondition ? readCondition(stream) : readOr(stream)));
}

function readCondition(stream: TokenStream): Expression {
  let whenTrue = readOr(stream);
  while (stream.skipIf('name', 'if')) {
    const test = readOr(stream);
    const otherwise = stream.skipIf('name', 'else') ? readExpression(stream) : undefined;
    whenTrue = { kind: 'condition', test, whenTrue, otherwise };
  }
  return whenTrue;
}

function readOr(stream: TokenStream): Expression {
  let left = readAnd(stream);
  while (stream.skipIf('name', 'or')) left = { kind: 'or', left, right: readAnd(stream) };
  return left;
}

function readAnd(stream: TokenStream): Expression {
  let left = readNot(stream);
  while (stream.skipIf('name', 'and')) left = { kind: 'and', left, right: readNot(stream) };
  return left;
}

function readNot(stream: TokenStream): Expression {
  if (!stream.skipIf('name', 'not')) return readComparison(stream);
  return stream.nested(() => ({ kind: 'not', of: readNot(stream) }));
}

function readComparison(stream: TokenStream): Expression {
  const first = readSum(stream);
  const rest: { operator: string; value: Expression }[] = [];
  for (;;) {
    if (comparisons.has(stream.current.type)) {
      rest.push({ operator: stream.next().type, value: readSum(stream) });
    } else if (stream.skipIf('name', 'in')) rest.push({ operator: 'in', value: readSum(stream) });
    else if (
      stream.is('name', 'not') &&
      stream.following.type === 'name' &&
      stream.following.value === 'in'
    ) {
      stream.next();
      stream.next();
      rest.push({ operator: 'not in', value: readSum(stream) });
    } else break;
  }
  return rest.length === 0 ? first : { kind: 'compare', first, rest };
}

function readBinary(
  stream: TokenStream,
  operators: readonly string[],
  readOperand: (stream: TokenStream) => Expression,
): Expression {
  let left = readOperand(stream);
  while (operators.includes(stream.current.type)) {
    const operator = stream.next().type;
    left = { kind: 'binary', operator, left, right: readOperand(stream) };
  }
  return left;
}

const readSum = (stream: TokenStream): Expression => readBinary(stream, ['+', '-'], readConcat);
const readProduct = (stream: TokenStream): Expression => readBinary(stream, ['*', '/', '//', '%'], readPower);
const readPower = (stream: TokenStream): Expression => readBinary(stream, ['**'], (each) => readUnary(each));

function readConcat(stream: TokenStream): Expression {
  const parts = [readProduct(stream)];
  while (stream.skipIf('~')) parts.push(readProduct(stream));
  return parts.length === 1 ? parts[0] : { kind: 'concat', parts };
}

function readUnary(stream: TokenStream, withFilter = true): Expression {
  let expression: Expression;
  if (stream.is('-') || stream.is('+')) {
    const operator = stream.next().type;
    const of = stream.nested(() => readUnary(stream, false));
    expression = { kind: 'sign', operator, of };
  } else expression = readPrimary(stream);
  expression = readPostfix(stream, expression);
  return withFilter ? readFilters(stream, expression) : expression;
}

function readPrimary(stream: TokenStream): Expression {
  const token = stream.current;
  switch (token.type) {
    case 'name':
      stream.next();
      return isConstant(token.value)
        ? { kind: 'constant', value: constantOf[token.value] }
        : { kind: 'name', name: token.value };
    case 'string': {
      let value = '';
      while (stream.is('string')) value += stream.next().value;
      return { kind: 'constant', value: text(value) };
    }
    case 'integer':
      stream.next();
      if (token.value.length > 4300) stream.fail('an integer has too many digits');
      return { kind: 'constant', value: BigInt(token.value) };
    case 'float':
      stream.next();
      return { kind: 'constant', value: Number(token.value) };
    case '(': {
      stream.next();
      const inside = readTuple(stream, { inParentheses: true });
      stream.expect(')');
      return inside;
    }
    case '[':
      return { kind: 'list', items: readItems(stream, '[', ']', () => readExpression(stream)) };
    case '{':
      return { kind: 'dict', pairs: readItems(stream, '{', '}', () => readPair(stream)) };
    default:
      return stream.fail(`unexpected '${token.type.replace('_', ' ')}'`);
  }
}

function readPair(stream: TokenStream): { key: Expression; value: Expression } {
  const key = readExpression(stream);
  stream.expect(':');
  return { key, value: readExpression(stream) };
}

/** The items between brackets, separated by commas. */
function readItems<T>(stream: TokenStream, open: string, close: string, read: () => T): T[] {
  stream.expect(open);
  const items: T[] = [];
  while (!stream.is(close)) {
    if (items.length > 0) stream.expect(',');
    if (stream.is(close)) break;
    items.push(read());
  }
  stream.expect(close);
  return items;
}

/** One expression, or several expressions separated by commas as a tuple. */
export function readTuple(stream: TokenStream, options: TupleOptions = {}): Expression {
  const { withCondition = true, until, inParentheses = false } = options;
  const atEnd = (): boolean =>
    ['variable_end', 'block_end', ')'].includes(stream.current.type) ||
    (until !== undefined && stream.is('name', until));
  const items: Expression[] = [];
  let isTuple = false;
  for (;;) {
    if (items.length > 0) stream.expect(',');
    if (atEnd()) break;
    items.push(readExpression(stream, withCondition));
    if (!stream.is(',')) break;
    isTuple = true;
  }
  if (!isTuple && items.length > 0) return items[0];
  if (!isTuple && !inParentheses)
    stream.fail(`Expected an expression, got '${stream.current.type.replace('_', ' ')}'`);
  return { kind: 'tuple', items };
}

function readPostfix(stream: TokenStream, first: Expression): Expression {
  let expression = first;
  for (;;) {
    if (stream.is('.') || stream.is('[')) expression = readSubscript(stream, expression);
    else if (stream.is('(')) expression = { kind: 'call', callee: expression, given: readArguments(stream) };
    else return expression;
  }
}

function readFilters(stream: TokenStream, first: Expression): Expression {
  let expression = first;
  for (;;) {
    if (stream.is('|')) expression = readFilterChain(stream, expression);
    else if (stream.is('name', 'is')) expression = readTest(stream, expression);
    else if (stream.is('(')) expression = { kind: 'call', callee: expression, given: readArguments(stream) };
    else return expression;
  }
}

function readSubscript(stream: TokenStream, of: Expression): Expression {
  if (stream.skipIf('.')) {
    const token = stream.next();
    if (token.type === 'name') return { kind: 'attribute', of, name: token.value };
    if (token.type !== 'integer') stream.fail('expected name or number');
    return { kind: 'item', of, key: { kind: 'constant', value: BigInt(token.value) } };
  }
  stream.expect('[');
  const keys: (Expression | readonly (Expression | undefined)[])[] = [];
  while (!stream.is(']')) {
    if (keys.length > 0) stream.expect(',');
    keys.push(readKey(stream));
  }
  stream.expect(']');
  const [first] = keys;
  if (keys.length === 1) {
    return 'kind' in first ? { kind: 'item', of, key: first } : { kind: 'slice', of, bounds: first };
  }
  const items = keys.map((key) => ('kind' in key ? key : stream.fail('a slice cannot stand in a tuple')));
  return { kind: 'item', of, key: { kind: 'tuple', items } };
}

/** A key, or the bounds of a slice. */
function readKey(stream: TokenStream): Expression | readonly (Expression | undefined)[] {
  const bounds: (Expression | undefined)[] = [];
  if (!stream.is(':')) {
    const first = readExpression(stream);
    if (!stream.is(':')) return first;
    bounds.push(first);
  } else bounds.push(undefined);
  for (let more = stream.skipIf(':'); more && bounds.length < 3; more = stream.skipIf(':')) {
    const isEmpty = stream.is(':') || stream.is(']') || stream.is(',');
    bounds.push(isEmpty ? undefined : readExpression(stream));
  }
  return bounds;
}

/** The arguments of a call, in parentheses. */
export function readArguments(stream: TokenStream): CallArguments {
  stream.expect('(');
  const inOrder: Expression[] = [];
  const named: { name: string; value: Expression }[] = [];
  let rest: Expression | undefined;
  let namedRest: Expression | undefined;
  const ensure = (holds: boolean): void => {
    if (!holds) stream.fail('invalid syntax for function call expression');
  };
  let isFirst = true;
  while (!stream.is(')')) {
    if (!isFirst) {
      stream.expect(',');
      if (stream.is(')')) break;
    }
    isFirst = false;
    if (stream.is('*')) {
      ensure(rest === undefined && namedRest === undefined);
      stream.next();
      rest = readExpression(stream);
    } else if (stream.is('**')) {
      ensure(namedRest === undefined);
      stream.next();
      namedRest = readExpression(stream);
    } else if (stream.is('name') && stream.following.type === '=') {
      ensure(namedRest === undefined);
      const name = stream.next().value;
      stream.next();
      ensure(named.every((each) => each.name !== name));
      named.push({ name, value: readExpression(stream) });
    } else {
      ensure(rest === undefined && namedRest === undefined && named.length === 0);
      inOrder.push(readExpression(stream));
    }
  }
  stream.expect(')');
  return { inOrder, named, rest, namedRest };
}

function readDottedName(stream: TokenStream): string {
  let name = stream.expect('name').value;
  while (stream.skipIf('.')) name += `.${stream.expect('name').value}`;
  return name;
}

/** Filters one after another. With `startsInline`, the first filter has no `|` before it. */
export function readFilterChain<T extends Expression | undefined>(
  stream: TokenStream,
  of: T,
  startsInline = false,
): Expression | T {
  let expression: Expression | T = of;
  let inline = startsInline;
  while (inline || stream.skipIf('|')) {
    inline = false;
    const name = readDottedName(stream);
    const given = stream.is('(') ? readArguments(stream) : noArguments;
    expression = { kind: 'filter', of: expression, name, given };
  }
  return expression;
}

const argumentTypes = new Set(['name', 'string', 'integer', 'float', '(', '[', '{']);

function readTest(stream: TokenStream, of: Expression): Expression {
  stream.next();
  const isNegated = stream.skipIf('name', 'not');
  const name = readDottedName(stream);
  let given = noArguments;
  if (stream.is('(')) given = readArguments(stream);
  else if (argumentTypes.has(stream.current.type) && !isOneOf(stream, ['else', 'or', 'and'])) {
    if (stream.is('name', 'is')) stream.fail('You cannot chain multiple tests with is');
    const argument = readPostfix(stream, readPrimary(stream));
    given = { ...noArguments, inOrder: [argument] };
  }
  const test: Expression = { kind: 'test', of, name, given };
  return isNegated ? { kind: 'not', of: test } : test;
}

const isOneOf = (stream: TokenStream, words: readonly string[]): boolean =>
  words.some((word) => stream.is('name', word));

// Reads llama.cpp's tests/test-jinja.cpp: templates with variables, and their text. Nothing of the file is committed.
import { readFileSync } from 'node:fs';
import { llamaCppPath } from '@rondo/testkit';
import { cppTokens, readExpression, type CppExpression } from '@rondo/testkit/cpp-source';

/** One case of the table. */
export interface JinjaCase {
  readonly name: string;
  readonly template: string;
  readonly variables: Record<string, unknown>;
  readonly expected: string;
}

/** All cases: every call of `test_template` with a name. */
export function readJinjaCases(): JinjaCase[] {
  const tokens = cppTokens(readFileSync(llamaCppPath('tests/test-jinja.cpp'), 'utf8'));
  const cases: JinjaCase[] = [];
  for (const [at, { kind, value }] of tokens.entries()) {
    const isCall = kind === 'name' && value === 'test_template' && tokens[at + 2]?.value === 't';
    if (!isCall || tokens[at + 4]?.kind !== 'text') continue;
    const call = readExpression({ tokens, at });
    if (call.kind !== 'call') continue;
    const [, name, template, variables, expected] = call.items.map(valueOf);
    cases.push({
      name: String(name),
      template: String(template),
      variables: (variables ?? {}) as Record<string, unknown>,
      expected: String(expected),
    });
  }
  return cases;
}

/** The value of an expression, with lists in braces read as nlohmann's JSON reads them. */
function valueOf(expression: CppExpression): unknown {
  switch (expression.kind) {
    case 'text':
      return expression.value;
    case 'number':
      return Number.parseFloat(expression.value);
    case 'name':
      return { true: true, false: false, nullptr: null }[expression.value];
    case 'sum':
      return expression.items.map((item) => String(valueOf(item))).join('');
    case 'method':
      throw new Error(`A method stands in the table: ${expression.name}.`);
    case 'call': {
      if (expression.name === 'json::array') return expression.items.flatMap(listed);
      if (expression.name === 'json::object') return objectOf(expression.items.flatMap(listed));
      return valueOf(expression.items[0] ?? { kind: 'text', value: '' });
    }
    case 'list':
      return isObject(expression.items)
        ? objectOf(expression.items.map(listed))
        : expression.items.map(valueOf);
  }
}

/** The items of a list as they are, without looking for pairs. */
const listed = (expression: CppExpression): unknown[] =>
  expression.kind === 'list' ? expression.items.map(valueOf) : [valueOf(expression)];

/** A list in braces is an object if each of its items is a pair with a text in front. */
const isObject = (items: readonly CppExpression[]): boolean =>
  items.length > 0 &&
  items.every((item) => item.kind === 'list' && item.items.length === 2 && item.items[0]?.kind === 'text');

const objectOf = (pairs: readonly unknown[]): Record<string, unknown> =>
  Object.fromEntries(pairs.map((pair) => pair as readonly [string, unknown]));

// Work is counted before it is done: no template exceeds its budget, and honest templates use a small part of it.
import { isRondoError } from '@rondo/errors';
import { describe, expect, it } from 'vitest';
import { compileTemplate, createBudget, failureOf, fromData, type Usage } from './index.ts';

const limits: Usage = { steps: 300_000, bytes: 8_000_000 };

interface Outcome {
  /** Undefined if the template was rendered. */
  readonly failure: string | undefined;
  readonly characters: number;
  readonly used: Usage;
}

function run(source: string, most: Usage = limits, content = 'x'): Outcome {
  const budget = createBudget(most);
  const used = () => ({ steps: budget.steps, bytes: budget.bytes });
  try {
    const { parts } = compileTemplate(source).render({ content: fromData(content, 0) }, { budget });
    const characters = parts.reduce((sum, { text }) => sum + text.length, 0);
    return { failure: undefined, characters, used: used() };
  } catch (error) {
    if (isRondoError(error)) return { failure: failureOf(error), characters: 0, used: used() };
    throw error;
  }
}

const long =
  "{% set ns = namespace(v='ab') %}{% for i in range(14) %}{% set ns.v = ns.v + ns.v %}{% endfor %}{% set long = ns.v %}";
const again = (expression: string): string =>
  `${long}{% set words = long.split('b') %}{% set many = range(5000) | list %}{% for i in range(9999) %}{% set x = ${expression} %}{% endfor %}`;

describe('case 48: each operation is charged by its operands', () => {
  it.each([
    "'zz' in long",
    'long in long',
    'none in many',
    'long == long[:-1] ~ "b"',
    'many == many + []',
    'many < many',
    'long * 2',
    'many * 2',
    'long + long',
    'long ~ i ~ long',
    'many + many',
    'long[::-1]',
    'long[1:]',
    'many[1:]',
    'many | sort',
    "many | sort(attribute='real.real.real.real.real.real.real.real')",
    "many | map(attribute='real.real.real.real.real.real.real.real') | list",
    "many | map('string') | join",
    "many | select('odd') | list",
    "many | selectattr('real', 'in', many) | list",
    "many | groupby('real')",
    'many | unique | list',
    'many | batch(2) | list',
    'many | slice(2) | list',
    'many | sum',
    'many | max',
    'many | reverse | list',
    'many | tojson',
    'many | string',
    'many | length ~ (many | list | length)',
    'many | join(long)',
    'many | random ~ (many | last)',
    "long.replace('a', 'cd')",
    "long.replace('', long)",
    "long.split('a')",
    "long.split('a') | join('b')",
    'long.splitlines()',
    'long.upper()',
    'long | title',
    'long | capitalize',
    'long | trim',
    'long.strip("ab")',
    'long.count("a")',
    'long.find("zz")',
    'long.startswith(long)',
    'long.isalpha()',
    'long.islower()',
    'long.center(100000)',
    "'%100000s' % i",
    "'{:>100000}'.format(i)",
    "'%.1000f' % 1.5",
    "'{}{}{}'.format(long, long, long)",
    'long % ()',
    'long | indent',
    'long | wordwrap(3)',
    'long | wordcount',
    'long | truncate(1000)',
    'long | urlencode',
    'long | escape',
    'long | striptags',
    'long | tojson',
    '[long] | string',
    'long | list',
    'long | length',
    'long | int',
    '{long: 1}[long]',
    'dict(words | map("list") | batch(2))',
    '(3 ** 4000) * (3 ** 4000)',
    '(3 ** 9000) | string',
    '(3 ** 20000) // (7 ** 900)',
    "strftime_now('%Y' * 1000)",
    'range(9999) | list',
    'namespace(a=many | list)',
    'cycler(*many).next()',
    "'-'.join(words)",
    'words | map("upper") | list',
    'content * 1000',
  ])('%s, again and again, is stopped in the budget', (expression) => {
    const { failure, used } = run(again(expression));
    expect(['limit', 'failed']).toContain(failure);
    // The charge that exceeds the budget is counted, although its work is not done.
    expect(failure === 'failed' || used.steps > limits.steps || used.bytes > limits.bytes).toBe(true);
  });

  it.each([
    [
      'spread arguments',
      '{% macro f() %}{{ varargs | length }}{% endmacro %}{% set a = range(90000) | list %}{{ f(*a, **dict(a | batch(2))) }}',
    ],
    [
      'spread arguments of the shortest kind',
      '{% set a = range(99999) %}{% for i in a %}{{ cycler(*a) }}{% endfor %}',
    ],
    [
      'macros that fan out',
      `{% macro m0() %}x{% endmacro %}${Array.from({ length: 40 }, (_, i) => `{% macro m${i + 1}() %}{{ m${i}() }}{{ m${i}() }}{% endmacro %}`).join('')}{{ m40() }}`,
    ],
    [
      'lists that hold themselves twice',
      '{% set ns = namespace(v=[1]) %}{% for i in range(40) %}{% set ns.v = [ns.v, ns.v] %}{% endfor %}{{ ns.v == ns.v | list }}{{ ns.v }}',
    ],
    ['loops in loops', '{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}'],
    ['loops that write', '{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}'],
    ['a recursive loop', '{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}'],
    ['a macro of itself', '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}'],
    [
      'a caller of itself',
      '{% macro g() %}{{ caller is defined }}{% call g() %}{% endcall %}{% endmacro %}{{ g() }}',
    ],
    ['powers', '{{ 9 ** (9 ** 9) }}'],
    ['repetition', "{{ 'x' * 10 ** 12 }}{{ [1] * 10 ** 12 }}"],
    [
      'a list of nothing',
      '{{ [] * 10 ** 30 }}{{ "" * 10 ** 30 }}{% for i in range(99999) %}{{ range(99999) | list }}{% endfor %}',
    ],
    ['wide JSON', '{{ range(60000) | list | tojson(indent=1000000) }}'],
    [
      'namespaces in each other',
      '{% set a = namespace() %}{% set b = namespace(x=a) %}{% set a.x = b %}{{ a }}',
    ],
  ])('%s: stopped', (_, source) => {
    const { failure, used } = run(source);
    expect(failure).toBe('limit');
    // Nothing exceeds the budget by much, because work is charged before it is done.
    expect(used.bytes).toBeLessThan(1e15);
  });

  it('a text that a template builds piece by piece costs its length, not the square of its length', () => {
    const growing = (count: number): string =>
      `{% set ns = namespace(v='') %}{% for i in range(${count}) %}{% set ns.v = ns.v ~ content %}{% set ns.v = ns.v + '|' %}{% endfor %}{{ ns.v }}`;
    const most = { steps: 1e9, bytes: 1e9 };
    const [once, tenfold] = [
      run(growing(200), most, 'y'.repeat(500)),
      run(growing(2000), most, 'y'.repeat(500)),
    ];
    expect(tenfold.characters).toBe(2000 * 501);
    expect(tenfold.used.bytes).toBeLessThan(11 * once.used.bytes);
  });

  it('several renderings share one budget', () => {
    const template = compileTemplate('{% for i in range(1000) %}{{ i }}{% endfor %}');
    const budget = createBudget({ steps: 12_000, bytes: 1e6 });
    template.render({}, { budget });
    expect(() => {
      template.render({}, { budget });
      template.render({}, { budget });
    }).toThrow('too many steps');
  });
});

describe('the syntax is bounded too', () => {
  it.each([
    ['parentheses', `{{ ${'('.repeat(20_000)}1${')'.repeat(20_000)} }}`],
    ['lists', `{{ ${'['.repeat(20_000)}${']'.repeat(20_000)} }}`],
    ['negations', `{{ ${'not '.repeat(20_000)}1 }}`],
    ['signs', `{{ ${'-'.repeat(20_000)}1 }}`],
    ['blocks', `${'{% if 1 %}'.repeat(5_000)}${'{% endif %}'.repeat(5_000)}`],
    ['a long sum', `{{ 1${' + 1'.repeat(20_000)} }}`],
    ['a long chain of attributes', `{{ content${'.real'.repeat(20_000)} }}`],
    ['a long chain of filters', `{{ content${'|e'.repeat(20_000)} }}`],
    ['a long chain of conditions', `{{ 1${' if 0 else 1'.repeat(8_000)} }}`],
    ['targets', `{% set ${'('.repeat(9_000)}a${')'.repeat(9_000)} = 1 %}`],
    ['open tags', '{%'.repeat(60_000)],
    ['open comments', '{#'.repeat(60_000)],
    ['quotes', `{{ ${`'\\'`.repeat(30_000)} }}`],
    ['a source too long', 'x'.repeat(200_000)],
  ])('%s: refused', (_, source) => {
    expect(['limit', 'syntax', 'failed']).toContain(run(source).failure);
  });

  it('white space and long names of a template are read in linear time', () => {
    expect(run(`${' '.repeat(120_000)}x{{ content }}`).failure).toBeUndefined();
    expect(run(`{{ ${' '.repeat(120_000)} content }}`).characters).toBe(1);
    expect(run(`{{ ${'a'.repeat(120_000)} }}`).characters).toBe(0);
  });
});

// Rows 52 to 55 of the list of bad inputs: templates that would run, grow or reach out without end.
import { isRondoError } from '@rondo/errors';
import { describe, expect, it } from 'vitest';
import { createChatTemplate } from './index.ts';

const messages = [{ role: 'user', content: 'content of a message' }];

interface Outcome {
  readonly code: string;
  readonly text: string;
  /** Why a template failed. */
  readonly failure: unknown;
}

function run(source: string): Outcome {
  try {
    const text = createChatTemplate(`${source}{{ messages[0].content }}`).render(messages);
    return { code: '', text: text.replace('content of a message', ''), failure: undefined };
  } catch (error) {
    if (!isRondoError(error)) throw error;
    return { code: error.code, text: error.message, failure: error.details['failure'] };
  }
}

const doubling =
  '{% set ns = namespace(v=V) %}{% for i in range(40) %}{% set ns.v = STEP %}{% endfor %}{{ END }}';
const doubled = (value: string, step: string, end = 'ns.v | length'): string =>
  doubling.replace('V', value).replace('STEP', step).replace('END', end);
const long =
  "{% set long = namespace(v='ab') %}{% for i in range(19) %}{% set long.v = long.v + long.v %}{% endfor %}";

describe('stopped by a count of work, not by a clock', () => {
  it.each([
    ['row 52: a loop of three million', '{% for i in range(3000000) %}{% endfor %}'],
    [
      'row 52: loops within loops',
      '{% for i in range(60000) %}{% for j in range(60000) %}{% endfor %}{% endfor %}',
    ],
    [
      'row 52: a loop that writes',
      '{% for i in range(60000) %}{% for j in range(60000) %}x{% endfor %}{% endfor %}',
    ],
    ['row 52: a range without end', '{{ range(1e9) }}{{ range(99999999999) }}'],
    ['row 52: macros that call themselves', '{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}'],
    ['row 52: macros that fan out', macrosThatFanOut(40)],
    ['row 53: 20,000 parentheses', `{{ ${'('.repeat(20_000)}1${')'.repeat(20_000)} }}`],
    ['row 53: 20,000 brackets', `{{ ${'['.repeat(20_000)}${']'.repeat(20_000)} }}`],
    ['row 53: 20,000 negations', `{{ ${'not '.repeat(20_000)}1 }}`],
    ['row 53: 5,000 blocks', `${'{% if 1 %}'.repeat(5_000)}${'{% endif %}'.repeat(5_000)}`],
    ['row 53: a long chain', `{{ 1${' + 1'.repeat(20_000)} }}`],
    ['row 53: open tags', '{%'.repeat(60_000)],
    ['row 53: a source too long', 'x'.repeat(200_000)],
    ['row 54: doubling strings', doubled("'ab'", 'ns.v + ns.v')],
    ['row 54: doubling strings by ~', doubled("'ab'", 'ns.v ~ ns.v')],
    ['row 54: doubling lists', doubled('[1, 2]', 'ns.v + ns.v')],
    ['row 54: lists that hold themselves twice', doubled('[1]', '[ns.v, ns.v]', 'ns.v | tojson')],
    ['row 54: mappings that hold themselves twice', doubled('1', "{'a': ns.v, 'b': ns.v}", 'ns.v')],
    ['row 54: output piece by piece', `${long}{% for i in range(60000) %}{{ long.v }}{% endfor %}`],
  ])('%s', (_, source) => {
    const { code, failure } = run(source);
    expect([code, failure]).toEqual(['BAD_TEMPLATE', expect.stringMatching(/limit|syntax|failed/)]);
  });

  // A single operation cannot be stopped half-way: these operations must be refused by the size of their inputs.
  it.each([
    ['row 54: a long text for each character', `${long}{{ long.v.replace('a', long.v) }}`],
    ['row 54: the same as a filter', `${long}{{ long.v | replace('a', long.v) }}`],
    ['row 54: the same by name', `${long}{% set f = long.v['replace'] %}{{ f('a', long.v) }}`],
    ['row 54: the same as a block', `${long}{% filter replace('a', long.v) %}{{ long.v }}{% endfilter %}`],
    ['row 54: a long text between elements', `${long}{{ range(60000) | join(long.v) }}`],
    ['row 54: wide indents', `${long}{{ long.v.replace('b', '\\n') | indent(1000000) }}`],
    ['row 54: wide JSON', '{{ range(60000) | list | tojson(indent=1000000) }}'],
  ])('%s, refused beforehand', (_, source) => {
    const { code, failure } = run(source);
    expect([code, failure]).toEqual(['BAD_TEMPLATE', 'limit']);
  });

  // Sizes are remembered, and namespaces are what could grow afterwards.
  it('row 54: namespaces that hold each other', () => {
    for (const source of [
      '{% set a = namespace() %}{% set b = namespace() %}{% set a.x = b %}{% set b.x = a %}{{ a }}',
      '{% set a = namespace() %}{% set list = [a] %}{% set a.x = list %}{{ list }}',
    ]) {
      const { code, failure } = run(source);
      expect([code, failure]).toEqual(['BAD_TEMPLATE', 'limit']);
    }
  });

  it('a long conversation is not stopped', () => {
    const source =
      "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + (m.content | trim | replace('a', 'bb')) }}{% endfor %}";
    const history = Array.from({ length: 2000 }, (_, i) => ({
      role: 'user',
      content: `message ${i} `.repeat(100),
    }));
    expect(createChatTemplate(source).render(history).length).toBeGreaterThan(2_000_000);
  });
});

describe('row 55: nothing outside the variables can be reached', () => {
  it.each([
    "{{ ''.constructor }}",
    "{{ ''['constructor'] }}",
    '{{ messages.__proto__ }}',
    "{{ messages[0]['__proto__'] }}",
    '{{ range.constructor }}',
    '{{ range.__globals__ }}',
    '{{ self }}{{ this }}{{ globalThis }}{{ process }}{{ constructor }}{{ __proto__ }}',
    '{{ namespace.prototype }}',
  ])('%s', (source) => {
    const { code, text } = run(source);
    expect([code, text]).toEqual(['', '']);
  });

  it.each([
    "{{ ''.constructor.constructor('return process')() }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ cycler.__init__.__globals__.os.popen('id') }}",
    "{{ messages.constructor.from('x') }}",
    "{{ range.constructor('return 1')() }}",
  ])('%s', (source) => {
    expect(run(source).code).toBe('BAD_TEMPLATE');
  });

  it('prototypes stay as they are', () => {
    run(
      "{% set ns = namespace() %}{% set ns.__proto__ = 'x' %}{% set ns.constructor = 1 %}{{ ns.__proto__ }}",
    );
    run("{% set x = {'__proto__': {'polluted': 1}} %}{{ x }}");
    expect('polluted' in {}).toBe(false);
  });
});

function macrosThatFanOut(count: number): string {
  const macros = Array.from(
    { length: count },
    (_, i) => `{% macro m${i + 1}() %}{{ m${i}() }}{{ m${i}() }}{% endmacro %}`,
  );
  return `{% macro m0() %}x{% endmacro %}${macros.join('')}{{ m${count}() }}`;
}

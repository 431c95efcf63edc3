// llama.cpp's table of its own interpreter, tests/test-jinja.cpp. Where llama.cpp and Python with Transformers' settings
// differ, Python decides.
import { isRondoError } from '@rondo/errors';
import { describe, expect, it } from 'vitest';
import { compileTemplate } from './index.ts';
import { readJinjaCases } from './test-support/jinja-table.ts';

const cases = readJinjaCases();

/** Cases that Transformers refuses: its sandbox (ImmutableSandboxedEnvironment) forbids methods that change a list. */
const refusedByPython = ['array.pop() last', 'array.pop() with index', 'array.append()'];

const render = (template: string, variables: Record<string, unknown>): string =>
  compileTemplate(template)
    .render(variables)
    .parts.map(({ text }) => text)
    .join('');

it('the table is read whole', () => {
  expect(cases).toHaveLength(290);
  expect(cases.filter(({ template }) => template.includes('{'))).toHaveLength(290);
  expect(cases.filter(({ variables }) => Object.keys(variables).length > 0).length).toBeGreaterThan(150);
  expect(new Set(cases.map(({ expected }) => expected)).size).toBeGreaterThan(100);
});

describe("test-jinja.cpp: llama.cpp's text", () => {
  it.each(cases.filter(({ name }) => !refusedByPython.includes(name)))(
    '$name: $template',
    ({ template, variables, expected }) => {
      expect(render(template, variables)).toBe(expected);
    },
  );
});

describe('test-jinja.cpp: cases that Transformers refuses', () => {
  it.each(refusedByPython)('%s', (name) => {
    const found = cases.filter((each) => each.name === name);
    expect(found).toHaveLength(1);
    for (const { template, variables } of found) {
      const failure = (() => {
        try {
          return render(template, variables);
        } catch (error) {
          return isRondoError(error) ? error.code : error;
        }
      })();
      expect(failure).toBe('BAD_TEMPLATE');
    }
  });
});

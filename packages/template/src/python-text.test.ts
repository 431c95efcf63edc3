// Compares templates with Python: the table contains the output of Jinja2, configured as in Transformers. The script
// testkit/python/render_templates.py records it anew.
import { readFileSync } from 'node:fs';
import { isRondoError } from '@rondo/errors';
import { describe, expect, it } from 'vitest';
import { compileTemplate } from './index.ts';

interface Case {
  readonly template: string;
  /** The text that Python renders; if Python raises an error, `error` is true instead. */
  readonly text?: string;
  readonly error?: true;
}

const file = new URL('test-support/python-cases.json', import.meta.url);
const { variables, cases } = JSON.parse(readFileSync(file, 'utf8')) as {
  variables: Record<string, unknown>;
  cases: Case[];
};
const now = () => new Date(2024, 1, 5, 14, 7, 9);

function render({ template }: Case): Omit<Case, 'template'> {
  try {
    const { parts } = compileTemplate(template).render(variables, { now });
    return { text: parts.map(({ text }) => text).join('') };
  } catch (error) {
    if (isRondoError(error) && error.code === 'BAD_TEMPLATE') return { error: true };
    throw error;
  }
}

describe('the text that Python renders', () => {
  it("the table of Python's renderings has enough cases", () => {
    expect(cases.length).toBeGreaterThan(900);
  });

  it.each(cases)('$template', (each) => {
    const { template: _, ...expected } = each;
    expect(render(each)).toEqual(expected);
  });
});

it('line endings of a template, including Windows line endings, become line feeds', () => {
  const text = compileTemplate('a\r\nb\rc{% if true %}\r\nd{% endif %}\r\n').render({}).parts;
  expect(text).toEqual([{ text: 'a\nb\ncd', source: undefined }]);
});

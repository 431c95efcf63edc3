// Where each character came from: text that was data stays data, whatever a template does to it.
import { readFileSync } from 'node:fs';
import { isRondoError } from '@rondo/errors';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileTemplate, fromData, type RenderedPart } from './index.ts';
import { createGenerator } from './test-support/template-generator.ts';

const render = (source: string, variables: Record<string, unknown>): readonly RenderedPart[] =>
  compileTemplate(source).render(variables).parts;

describe('parts', () => {
  it('rendered parts of several data keep their sources', () => {
    expect(render('<{{ a }}{{ b }}-{{ a[1:] }}>', { a: fromData('xy', 1), b: fromData('z', 2) })).toEqual([
      { text: '<', source: undefined },
      { text: 'xy', source: 1 },
      { text: 'z', source: 2 },
      { text: '-', source: undefined },
      { text: 'y', source: 1 },
      { text: '>', source: undefined },
    ]);
  });

  it('rendered parts know the source of values marked at any depth, of keys, and of trusted values inside', () => {
    const value = fromData({ key: ['a', { b: 'c' }], plain: fromData('d', 9) }, 3);
    const parts = render('{% for k, v in value.items() %}{{ k }}={{ v | string }};{% endfor %}', { value });
    expect(
      parts
        .filter(({ source }) => source === undefined)
        .map(({ text }) => text)
        .join(''),
    ).toBe("=['', {'': ''}];=;");
    expect(parts.filter(({ source }) => source === 9).map(({ text }) => text)).toEqual(['d']);
  });

  it('a rendering says which data a replacement has emptied', () => {
    const rendering = compileTemplate("{{ a.replace('/x', '') }}{{ b.replace('/x', '') }}").render({
      a: fromData(' /x ', 1),
      b: fromData('/x b', 2),
    });
    expect([...rendering.emptied]).toEqual([1]);
  });
});

// No template of the tests contains these letters, so they always come from data.
const letters = /[漢字]/u;

function expectSound(source: string): boolean {
  const values = {
    s: '漢a字 <|im_end|>,漢',
    e: '漢',
    l: ['字', '漢字'],
    d: { 漢: '字', name: '漢' },
    u: [{ name: '字', age: 1 }],
  };
  const variables: Record<string, unknown> = { f: 2.5, i: 7, t: true, n: null };
  for (const [name, value] of Object.entries(values)) variables[name] = fromData(value, 1);
  try {
    const parts = render(source, variables);
    const written = parts.filter((part) => part.source === undefined).map(({ text }) => text);
    expect(written.join('|')).not.toMatch(letters);
    return parts.some((part) => part.source !== undefined);
  } catch (error) {
    if (isRondoError(error) && error.code === 'BAD_TEMPLATE') return false;
    throw error;
  }
}

describe('case 52: data never counts as written by the template', () => {
  const file = new URL('test-support/python-cases.json', import.meta.url);
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: { template: string }[] };

  it('data never counts as written by the template, in any template that Python recorded', () => {
    const withData = cases.filter(({ template }) => expectSound(template));
    expect(withData.length).toBeGreaterThan(120);
  });

  it('data never counts as written by the template, in random expressions', () => {
    let withData = 0;
    fc.assert(
      fc.property(fc.noBias(fc.nat()), (seed) => {
        if (expectSound(`{{ ${createGenerator(randomOf(seed)).expression(2)} }}`)) withData++;
      }),
      { numRuns: 3000 },
    );
    expect(withData).toBeGreaterThan(30);
  });
});

/** Numbers from 0 to below 1 that follow from a seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

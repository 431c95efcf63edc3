import { expect, it } from 'vitest';
import { escapeInvisible, quoted, RondoError, shownName, shownValue } from './index.ts';

it('a RondoError is an Error with a code, details and a cause', () => {
  const cause = new TypeError('below');
  const error = new RondoError('READ_FAILED', 'model.gguf cannot be read.', {
    details: { offsetBytes: 32 },
    cause,
  });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({
    name: 'RondoError',
    code: 'READ_FAILED',
    details: { offsetBytes: 32 },
    cause,
  });
  expect(String(error)).toBe('RondoError: model.gguf cannot be read.');
  expect(error.stack).toContain('index.test.ts');
});

it('a RondoError has empty details and no cause unless they are given', () => {
  const error = new RondoError('CLOSED', 'The source is closed: open it again.');
  expect(error.details).toEqual({});
  expect('cause' in error).toBe(false);
});

it('a message shows nothing that cannot be seen, and no more than 2,000 characters', () => {
  const name = 'a\nb\u001b[31m\u009b\u202e\u200b\u2066\ufeff\u{e0041}z';
  const { message } = new RondoError('BAD_NAME', `The name ${name} is bad. ${'x'.repeat(1e6)}`);
  expect(message).toMatch(
    /^The name a\\u000ab\\u001b\[31m\\u009b\\u202e\\u200b\\u2066\\ufeff\\udb40\\udc41z is bad/,
  );
  expect(message.length).toBeLessThan(2100);
});

it('a text out of a file is quoted, and cut after 200 characters', () => {
  expect(quoted('say "hi"\u200d')).toBe(String.raw`"say \"hi\"\u200d"`);
  expect(quoted('x'.repeat(1e6))).toBe(`"${'x'.repeat(200)}"… (1000000 characters)`);
  expect(shownName('ÄΩ語🦙')).toBe('ÄΩ語🦙');
  expect(shownName('y'.repeat(201))).toBe(`${'y'.repeat(200)}…`);
});

it('escaping invisible characters of JSON leaves the same JSON value', () => {
  const value = { text: 'a\u0080\u202e\u2028🦙\u{e0041}' };
  const escaped = escapeInvisible(JSON.stringify(value));
  expect(JSON.parse(escaped)).toEqual(value);
  expect(escaped).toBe(String.raw`{"text":"a\u0080\u202e\u2028🦙\udb40\udc41"}`);
});

it.each([
  ['say "hi"', String.raw`"say \"hi\""`],
  ['', '""'],
  [[], '[]'],
  [[5, 'a', [6], {}, null, undefined], '[5, "a", a list, an object, null, …]'],
  [Object.create(null), 'an object'],
  [new Proxy({}, {}), 'an object'],
  [Symbol('s'), 'Symbol(s)'],
  [1n, '1n'],
  [() => 1, 'a function'],
  [null, 'null'],
  [Number.NaN, 'NaN'],
])('a value of another kind is shown: case %#', (value, shown) => {
  expect(shownValue(value)).toBe(shown);
});

it('a name that is empty is shown as an empty text', () => {
  expect(shownName('')).toBe('""');
});

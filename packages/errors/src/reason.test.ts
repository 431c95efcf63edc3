import { expect, it } from 'vitest';
import { reasonOf, RondoError } from './index.ts';

it.each([
  [new TypeError('no such file'), 'no such file'],
  [new RondoError('CLOSED', 'The source is closed.'), 'The source is closed.'],
  ['a thrown text', 'a thrown text'],
  [404, '404'],
  [undefined, 'undefined'],
  [Object.create(null), 'an object'],
])('the reason in a caught value is a text: case %#', (caught, reason) => {
  expect(reasonOf(caught)).toBe(reason);
});

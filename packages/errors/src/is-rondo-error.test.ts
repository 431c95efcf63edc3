// Two copies of the module stand for two installed copies of the package. Each copy has its own class.
import { expect, it } from 'vitest';
import { isRondoError, RondoError } from './index.ts';

const { RondoError: OtherRondoError } = (await import(
  './rondo-error.ts?copy' as string
)) as typeof import('./rondo-error.ts');

it('isRondoError recognizes an error of a second copy of the package', () => {
  const error: unknown = new OtherRondoError('CLOSED', 'The source is closed: open it again.');
  expect(OtherRondoError).not.toBe(RondoError);
  expect(error instanceof RondoError).toBe(false); // an `instanceof` that this test needs: it shows the fault
  expect(isRondoError(error) && error.code).toBe('CLOSED');
});

it('isRondoError recognizes its own errors and errors of subclasses', () => {
  class Special extends RondoError {}
  expect(isRondoError(new RondoError('CLOSED', 'Closed.'))).toBe(true);
  expect(isRondoError(new Special('CLOSED', 'Closed.'))).toBe(true);
});

it.each([
  ['another error', new Error('RondoError')],
  [
    'an object with the fields of a RondoError',
    { name: 'RondoError', code: 'CLOSED', message: '', details: {} },
  ],
  ['an object without a prototype', Object.create(null)],
  ['a message', 'RondoError: closed'],
  ['null', null],
  ['undefined', undefined],
  ['a function', RondoError],
])('isRondoError refuses %s', (_, value) => {
  expect(isRondoError(value)).toBe(false);
});

it('the marker of a RondoError is not among the properties that a console prints', () => {
  const error = new RondoError('CLOSED', 'Closed.');
  expect(Reflect.ownKeys(error).filter((key) => typeof key === 'symbol')).toEqual([]);
});

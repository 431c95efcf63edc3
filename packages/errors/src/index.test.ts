import { expect, it } from 'vitest';
import { RondoError } from './index.ts';

it('is an Error with a code, details and a cause', () => {
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

it('has empty details and no cause unless they are given', () => {
  const error = new RondoError('CLOSED', 'The source is closed: open it again.');
  expect(error.details).toEqual({});
  expect('cause' in error).toBe(false);
});

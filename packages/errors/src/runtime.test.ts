import { expect, it } from 'vitest';
import { checkRuntime, RondoError } from './index.ts';

it('the check of the engine passes on the engine of the tests', () => {
  expect(checkRuntime()).toBeUndefined();
});

it.each([
  ['20.20.2', /needs Node 22\.12 or later\. This is Node 20\.20\.2\./],
  ['18.0.0', /This is Node 18\.0\.0\./],
  [undefined, /needs a browser of 2024 or later: .*Safari 17\.4/],
])('an older engine, Node %s, is named in the error', (nodeVersion, message) => {
  const check = () => checkRuntime({ withResolvers: undefined, nodeVersion });
  expect(check).toThrow(message);
  expect(check).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }) as RondoError);
});

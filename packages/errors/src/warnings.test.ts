import { afterEach, expect, it, vi } from 'vitest';
import { warnByDefault, warnOnce, type RondoWarning } from './index.ts';

const warning: RondoWarning = { code: 'CONTEXT_BEYOND_TRAINING', message: 'The context is long.' };

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

it('a warning that nobody receives is a warning of the Node process, with its code', () => {
  const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  warnByDefault(warning);
  expect(emitWarning).toHaveBeenCalledWith('The context is long.', {
    type: 'RondoWarning',
    code: 'CONTEXT_BEYOND_TRAINING',
  });
});

it('a warning that nobody receives goes to the console outside Node', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  vi.stubGlobal('process', undefined);
  warnByDefault(warning);
  expect(warn).toHaveBeenCalledWith('RondoWarning [CONTEXT_BEYOND_TRAINING]: The context is long.');
});

it('warnOnce passes each different warning on once', () => {
  const received: RondoWarning[] = [];
  const warn = warnOnce((one) => received.push(one));
  const other = { ...warning, message: 'The context is very long.' };
  for (const one of [warning, warning, other, warning]) warn(one);
  expect(received).toEqual([warning, other]);
});

it('an error that a receiver of warnings throws comes out of the call that warned', () => {
  const error = new Error('receiver');
  const warn = warnOnce(() => {
    throw error;
  });
  expect(() => warn(warning)).toThrow(error);
});

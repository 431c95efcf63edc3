// 31: a model that takes memory by itself says so where the memory is too small, and how to grant an amount.
import { cpu } from '@rondo/backend-cpu';
import { isRondoError } from '@rondo/errors';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { LoadOptions } from '../src/engine/load-options.ts';
import { plan } from '../src/engine/plan.ts';
import { CONTEXT, demoPath, greedy, loadDemo } from './support/demo.ts';

let availableBytes = 0;
beforeEach(() => {
  // Linux is asked by files, other systems by Node.
  vi.spyOn(process, 'availableMemory').mockImplementation(() => availableBytes);
  const fs = process.getBuiltinModule('node:fs');
  const readFileSync = fs.readFileSync.bind(fs);
  vi.spyOn(fs, 'readFileSync').mockImplementation((path, options) => {
    if (path === '/proc/meminfo') return `MemAvailable: ${Math.floor(availableBytes / 1024)} kB`;
    return path === '/proc/self/cgroup' ? '' : readFileSync(path, options);
  });
});
afterEach(() => vi.restoreAllMocks());

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error as Error,
  );

it.each([
  ['by default', {}],
  ["with memory: 'auto'", { memory: 'auto' }],
] as const)('%s, a budget that is too small names `memory` and `--memory`', async (_, options) => {
  for (const load of [loadDemo, (given: LoadOptions) => plan(demoPath, { context: CONTEXT, ...given })]) {
    const granted: number[] = [];
    for (availableBytes of [0, 2 ** 19]) {
      const error = await failure(load({ ...options, backend: cpu({ threads: 0, takenBytes: 0 }) }));
      if (!isRondoError(error)) throw error;
      expect(error.code).toBe('BUDGET_TOO_SMALL');
      expect(error.message).toMatch(/four fifths of what the system says is available.*`memory`.*`--memory`/);
      granted.push(Number(error.details['grantedBytes']));
    }
    // What the backend holds by itself comes on top, both times.
    const [nothing = 0, some = 0] = granted;
    expect(Math.round((some - nothing) / 0.8 / 1024)).toBe(512);
  }
});

it('an amount that a user has granted is not said to be what the system leaves', async () => {
  availableBytes = 2 ** 30;
  const error = await failure(loadDemo({ memory: '1MiB' }));
  expect(error).toMatchObject({ code: 'BUDGET_TOO_SMALL', details: { grantedBytes: 2 ** 20 } });
  expect(error?.message).not.toContain('--memory');
});

it('a model that was refused takes nothing from the next one', async () => {
  availableBytes = 2 ** 20;
  await failure(loadDemo());
  availableBytes = 64 * 2 ** 20;
  await using model = await loadDemo();
  expect(model.streams).toBe(false);
  expect(await greedy(model, 'ROMEO:', 2)).toHaveLength(2);
});

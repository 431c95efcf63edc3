import { expect, it } from 'vitest';
import { rondoHere } from '../test-support/rondo.ts';

it('rondo plan shows how the memory is divided, what is read for a token, and what limits the speed', async () => {
  const { code, stdout, stderr } = await rondoHere(['plan', 'demo', '--memory', '4.4MB', '--context', '128']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^ {2}memory +4\.20 MiB$/m);
  expect(stdout).toMatch(/context +\d+ KiB, growing to 1\.\d+ MiB for 128 tokens$/m);
  expect(stdout).toMatch(/weights +3\.\d+ MiB of \d\.\d+ MiB$/m);
  expect(stdout).toMatch(/^ {2}read for a token +\d\.\d+ MiB, \d+ ms$/m);
  expect(stdout).toMatch(
    /^ {2}expected +[\d,.]+ tokens a second, bound by (bandwidth|computation|latency)$/m,
  );
});

it('rondo plan leaves reading out if all weights fit; --json has the same for programs', async () => {
  const fitting = await rondoHere(['plan', 'demo', '--memory', '64MiB']);
  expect(fitting.stdout).not.toMatch(/read for a token|measured reading/);
  const { stdout } = await rondoHere(['plan', 'demo', '--memory', '4.4MB', '--context', '128', '--json']);
  const planned: unknown = JSON.parse(stdout);
  expect(planned).toMatchObject({ streams: true, budget: { totalBytes: 4_400_000, contextTokens: 128 } });
});

it('rondo plan names the needed bytes if the memory is too small', async () => {
  const { code, stderr } = await rondoHere(['plan', 'demo', '--memory', '1MB', '--context', '128']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/needs at least \d+ bytes/);
});

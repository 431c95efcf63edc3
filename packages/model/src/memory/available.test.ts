// 31: what is available in containers of both kinds, by files as they stand in some.
import { expect, it } from 'vitest';
import { availableMemory, type ReadText } from './available.ts';
import { grantMemory } from './granted-memory.ts';

const MEBIBYTE = 2 ** 20;
const files =
  (texts: Readonly<Record<string, string>>): ReadText =>
  (path) =>
    texts[path];
const meminfo = (mebibytes: number) => ({
  '/proc/meminfo': `MemTotal:       16777216 kB\nMemFree:          100 kB\nMemAvailable:   ${mebibytes * 1024} kB\n`,
});

const v2 = (folder: string, limit: string, used: number, cached: number) => ({
  [`/sys/fs/cgroup${folder}/memory.max`]: `${limit}\n`,
  [`/sys/fs/cgroup${folder}/memory.current`]: `${used}\n`,
  [`/sys/fs/cgroup${folder}/memory.stat`]: `anon 5\nfile ${cached}\ninactive_file ${cached}\nactive_file 0\n`,
});
const v1 = (folder: string, limit: string, used: number, cached: number) => ({
  [`/sys/fs/cgroup/memory${folder}/memory.limit_in_bytes`]: `${limit}\n`,
  [`/sys/fs/cgroup/memory${folder}/memory.usage_in_bytes`]: `${used}\n`,
  [`/sys/fs/cgroup/memory${folder}/memory.stat`]: `inactive_file 1\ntotal_inactive_file ${cached}\n`,
});

it.each([
  ['a machine without containers', {}, 8000],
  ['v2 without a limit', { '/proc/self/cgroup': '0::/\n', ...v2('', 'max', 5, 0) }, 8000],
  [
    'v2, 512 MiB full of page cache',
    { '/proc/self/cgroup': '0::/\n', ...v2('', `${512 * MEBIBYTE}`, 512 * MEBIBYTE, 400 * MEBIBYTE) },
    400,
  ],
  [
    'v2, the limit at the group around',
    {
      '/proc/self/cgroup': '0::/pod/app\n',
      ...v2('/pod', `${300 * MEBIBYTE}`, 100 * MEBIBYTE, 0),
      ...v2('/pod/app', 'max', 100 * MEBIBYTE, 0),
    },
    200,
  ],
  [
    'v1, by the path of the host, which the container sees as its root',
    {
      '/proc/self/cgroup': '5:cpu:/docker/1\n4:memory:/docker/1\n0::/system\n',
      ...v1('', `${512 * MEBIBYTE}`, 500 * MEBIBYTE, 100 * MEBIBYTE),
    },
    112,
  ],
  [
    'v1 without a limit',
    { '/proc/self/cgroup': '4:memory:/\n', ...v1('', '9223372036854771712', 5, 0) },
    8000,
  ],
  [
    'a container that is full',
    { '/proc/self/cgroup': '0::/\n', ...v2('', `${64 * MEBIBYTE}`, 65 * MEBIBYTE, 0) },
    0,
  ],
])('%s', (_, texts: Readonly<Record<string, string>>, mebibytes) => {
  expect(availableMemory(files({ ...meminfo(8000), ...texts }))).toBe(mebibytes * MEBIBYTE);
});

it('a container with nothing available grants nothing, not 2 GiB', () => {
  const texts = { ...meminfo(0) };
  const grant = grantMemory(() => 0, files(texts));
  expect(grant.bytes).toBe(0);
  grant.release();
});

it('two models that are loaded at once do not each get four fifths of what is free', () => {
  const read = files(meminfo(1000));
  const first = grantMemory(() => 0, read);
  expect(first.bytes).toBe(Math.floor(800 * MEBIBYTE));
  const second = grantMemory(() => 0, read);
  expect(second.bytes).toBe(Math.floor(160 * MEBIBYTE));
  second.release();
  // What the first one will never take is free for others; what it has taken, the system counts.
  first.limitTo(300 * MEBIBYTE);
  const third = grantMemory(() => 0, read);
  expect(third.bytes).toBe(Math.floor(560 * MEBIBYTE));
  third.release();
  first.release();
  const fourth = grantMemory(() => 0, read);
  expect(fourth.bytes).toBe(Math.floor(800 * MEBIBYTE));
  fourth.release();
});

it('memory that was taken over from another model counts as available', () => {
  const read = files(meminfo(600));
  const grant = grantMemory(() => 400 * MEBIBYTE, read);
  expect(grant.bytes).toBe(Math.floor(800 * MEBIBYTE));
  expect(grant.spareBytes()).toBeCloseTo(400 * MEBIBYTE, -1);
  const second = grantMemory(() => 0, read);
  expect(second.bytes).toBe(Math.floor(160 * MEBIBYTE));
  second.release();
  grant.release();
});

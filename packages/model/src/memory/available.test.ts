// 31: the available memory in containers of both kinds, with files as some containers have them.
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
    'v2, a group that is slowed down above 300 MiB',
    {
      '/proc/self/cgroup': '0::/app\n',
      ...v2('/app', `${512 * MEBIBYTE}`, 100 * MEBIBYTE, 0),
      '/sys/fs/cgroup/app/memory.high': `${300 * MEBIBYTE}\n`,
    },
    200,
  ],
  [
    'v2, slowed down above a bound and limited by none',
    {
      '/proc/self/cgroup': '0::/\n',
      ...v2('', 'max', 100 * MEBIBYTE, 0),
      '/sys/fs/cgroup/memory.high': `${300 * MEBIBYTE}\n`,
    },
    200,
  ],
  [
    'v2, three groups deep, the tightest in the middle',
    {
      '/proc/self/cgroup': '0::/a b/c:d/e\n',
      ...v2('/a b', `${900 * MEBIBYTE}`, 100 * MEBIBYTE, 0),
      ...v2('/a b/c:d', `${400 * MEBIBYTE}`, 100 * MEBIBYTE, 50 * MEBIBYTE),
      ...v2('/a b/c:d/e', `${700 * MEBIBYTE}`, 90 * MEBIBYTE, 0),
    },
    350,
  ],
  [
    'both versions, the limit in v1, memory among other controllers',
    {
      '/proc/self/cgroup': '0::/user.slice\n7:cpu,memory,hugetlb:/box\n',
      ...v1('/box', `${256 * MEBIBYTE}`, 56 * MEBIBYTE, 0),
    },
    200,
  ],
  [
    'no list of groups, but a root with a limit (v2)',
    { ...v2('', `${300 * MEBIBYTE}`, 100 * MEBIBYTE, 0) },
    200,
  ],
  ['no list of groups, but a root with a limit (v1)', v1('', `${300 * MEBIBYTE}`, 100 * MEBIBYTE, 0), 200],
  [
    'a limit without a usage',
    { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/memory.max': `${300 * MEBIBYTE}\n` },
    300,
  ],
  ['a group that was deleted', { '/proc/self/cgroup': '0::/gone (deleted)\n' }, 8000],
  ...['', '\n', 'MAX\n', '-1\n', '5e8\n', '12 MiB\n', '0x10\n', '1.5\n', '\0', '5\n6\n'].map(
    (limit): [string, Record<string, string>, number] => [
      `a limit that is no number, ${JSON.stringify(limit)}`,
      {
        '/proc/self/cgroup': '0::/\n',
        '/sys/fs/cgroup/memory.max': limit,
        '/sys/fs/cgroup/memory.current': '5\n',
      },
      8000,
    ],
  ),
  ...['', 'garbage\n', '0::\n', '0::relative\n', ':::\n', '0:memory\n'].map(
    (groups): [string, Record<string, string>, number] => [
      `a list of groups that is none, ${JSON.stringify(groups)}`,
      { '/proc/self/cgroup': groups },
      8000,
    ],
  ),
  [
    'a usage and a cache that are no numbers',
    {
      '/proc/self/cgroup': '0::/\n',
      '/sys/fs/cgroup/memory.max': `${300 * MEBIBYTE}\n`,
      '/sys/fs/cgroup/memory.current': 'many\n',
      '/sys/fs/cgroup/memory.stat': 'inactive_file many\n',
    },
    300,
  ],
  [
    'a cache larger than the usage',
    { '/proc/self/cgroup': '0::/\n', ...v2('', `${300 * MEBIBYTE}`, 100, 200) },
    300,
  ],
  [
    'a limit above what a file of 64 bits holds',
    { '/proc/self/cgroup': '0::/\n', ...v2('', '99999999999999999999999', 100, 0) },
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
  // Memory that the first model will never take is free for others; memory that it has taken is counted by the system.
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

// Limits on the memory of processes: memory cgroups of Linux, version 1 or 2, below this process's own cgroup, so that
// its limits and accounting also apply to them. A cgroup counts anonymous memory, the page cache of files that its
// processes were the first to read, and the kernel's memory for them.
// https://docs.kernel.org/admin-guide/cgroup-v2.html#memory, https://docs.kernel.org/admin-guide/cgroup-v1/memory.html
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** A limit within which processes can be started. */
export interface MemoryLimit extends AsyncDisposable {
  readonly bytes: number;
  /** The command line that runs `command` within the limit. */
  commandWithin(command: readonly string[]): readonly string[];
  /** The number of processes that the kernel has killed for exceeding the limit. */
  kills(): Promise<number>;
  /** Removes the limit after its processes have ended. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Makes limits. */
export interface MemoryLimits {
  /** The mechanism that enforces them, for people. */
  readonly description: string;
  create(bytes: number): Promise<MemoryLimit>;
}

/** The needed files of a cgroup. */
interface Version {
  readonly limit: string;
  /** The file that limits swap, and the value that keeps the processes from using any. */
  readonly swap: { readonly file: string; readonly value: (bytes: number) => number };
  readonly events: string;
}

const versions: Readonly<Record<1 | 2, Version>> = {
  1: {
    limit: 'memory.limit_in_bytes',
    swap: { file: 'memory.memsw.limit_in_bytes', value: (bytes) => bytes },
    events: 'memory.oom_control',
  },
  2: {
    limit: 'memory.max',
    swap: { file: 'memory.swap.max', value: () => 0 },
    events: 'memory.events',
  },
};

const REMOVE_ATTEMPTS = 20;
const REMOVE_PAUSE_MS = 50;

/**
 * Finds out whether limits can be made here: below `parent`, or below this process's own cgroup.
 *
 * @returns undefined if they cannot: no Linux, no permission, or a cgroup of version 2 that passes on no memory
 * controller
 */
export async function findMemoryLimits(parent?: string): Promise<MemoryLimits | undefined> {
  const [version, folder] = parent === undefined ? await ownCgroup() : [await versionOf(parent), parent];
  if (folder === undefined) return undefined;
  let made = 0;
  const limits: MemoryLimits = {
    description: `a memory cgroup (version ${version})`,
    create: (bytes) =>
      createLimit(versions[version], join(folder, `rondo-bench-${process.pid}-${made++}`), bytes),
  };
  try {
    await using _ = await limits.create(2 ** 30);
    return limits;
  } catch {
    return undefined;
  }
}

async function createLimit(version: Version, folder: string, bytes: number): Promise<MemoryLimit> {
  await mkdir(folder);
  try {
    await writeFile(join(folder, version.limit), String(bytes), { flag: 'r+' });
  } catch (error) {
    await rmdir(folder);
    throw error;
  }
  // Kernels that do not account for swap have no such file.
  const { file, value } = version.swap;
  await writeFile(join(folder, file), String(value(bytes)), { flag: 'r+' }).catch(() => {});
  return {
    bytes,
    commandWithin: (command) => [
      '/bin/sh',
      '-c',
      'echo $$ > "$0/cgroup.procs" && exec "$@"',
      folder,
      ...command,
    ],
    async kills() {
      const events = await readFile(join(folder, version.events), 'utf8');
      return Number(/^oom_kill (\d+)$/m.exec(events)?.[1] ?? 0);
    },
    async [Symbol.asyncDispose]() {
      // The kernel needs a moment after the last process has ended.
      for (let attempt = 1; ; attempt++) {
        try {
          return await rmdir(folder);
        } catch (error) {
          if (attempt === REMOVE_ATTEMPTS) throw error;
          await setTimeout(REMOVE_PAUSE_MS);
        }
      }
    },
  };
}

/** The folder of the cgroup that accounts for this process's memory. */
async function ownCgroup(): Promise<[version: 1 | 2, folder: string | undefined]> {
  const [cgroups, mounts] = await Promise.all(
    ['/proc/self/cgroup', '/proc/self/mountinfo'].map((path) => readFile(path, 'utf8').catch(() => '')),
  );
  const first = /^\d+:(?:[^:\n]*,)?memory(?:,[^:\n]*)?:(.*)$/m.exec(cgroups ?? '')?.[1];
  const version = first === undefined ? 2 : 1;
  const path = first ?? /^0::(.*)$/m.exec(cgroups ?? '')?.[1];
  if (path === undefined) return [version, undefined];
  for (const line of (mounts ?? '').split('\n')) {
    // 36 35 98:0 /root /mount/point rw,relatime shared:1 - type device options
    const [fields = '', rest = ''] = line.split(' - ');
    const [, , , root = '', mountPoint = ''] = fields.split(' ');
    const [type, , options = ''] = rest.split(' ');
    const isIt =
      version === 2 ? type === 'cgroup2' : type === 'cgroup' && options.split(',').includes('memory');
    if (!isIt) continue;
    const below = relative(root, path);
    return [version, below.startsWith('..') ? mountPoint : join(mountPoint, below)];
  }
  return [version, undefined];
}

async function versionOf(folder: string): Promise<1 | 2> {
  return readFile(join(folder, 'cgroup.controllers')).then(
    () => 2,
    () => 1,
  );
}

// Finds how much memory a process can still take: the smallest of the machine's free memory and of what the limit of each
// container leaves. Formats: proc(5), cgroups(7), https://docs.kernel.org/admin-guide/cgroup-v2.html and cgroup-v1/memory.html.

/** The text of a file; undefined if the file does not exist. */
export type ReadText = (path: string) => string | undefined;

/** The files in which a version of control groups keeps its numbers. */
interface Layout {
  readonly root: string;
  /** Files that each hold a limit. Above the limit `memory.high`, the kernel slows the process down extremely. */
  readonly limits: readonly string[];
  readonly usage: string;
  /** The key of the page cache in `memory.stat`. The system frees the page cache before it refuses memory. */
  readonly reclaimable: string;
}

const v2: Layout = {
  root: '/sys/fs/cgroup',
  limits: ['memory.max', 'memory.high'],
  usage: 'memory.current',
  reclaimable: 'inactive_file',
};
const v1: Layout = {
  root: '/sys/fs/cgroup/memory',
  limits: ['memory.limit_in_bytes'],
  usage: 'memory.usage_in_bytes',
  reclaimable: 'total_inactive_file',
};

/** Bytes that are available to this process, at least 0; undefined if the system does not report the number. */
export function availableMemory(readText: ReadText = readByNode): number | undefined {
  const meminfo = readText('/proc/meminfo');
  const freeKibibytes = meminfo && /^MemAvailable:\s+(\d+) kB/m.exec(meminfo)?.[1];
  if (freeKibibytes === undefined) return availableByNode();
  return Math.max(0, Math.min(Number(freeKibibytes) * 1024, leftInContainers(readText)));
}

/** Used for a process that cannot see its own control groups: the root group of each version. */
const rootGroups = '0::/\n0:memory:/\n';

/** Bytes that the tightest control group around this process leaves; Infinity if no group has a limit. */
function leftInContainers(readText: ReadText): number {
  let left = Infinity;
  for (const line of (readText('/proc/self/cgroup') ?? rootGroups).split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    const isV1 = controllers.split(',').includes('memory');
    if (!isV1 && controllers !== '') continue;
    for (const folder of foldersOf(path)) left = Math.min(left, leftIn(folder, isV1 ? v1 : v2, readText));
  }
  return left;
}

/** The folders of a group and of all groups around the group, the root first. A container may see only the root. */
function foldersOf(path: string): string[] {
  const names = path.split('/').filter((name) => name !== '');
  return Array.from({ length: names.length + 1 }, (_, count) =>
    names
      .slice(0, count)
      .map((name) => `/${name}`)
      .join(''),
  );
}

function leftIn(folder: string, { root, limits, usage, reclaimable }: Layout, readText: ReadText): number {
  // A text that is no number sets no limit: `max`, or a file that is absent or damaged.
  const numberIn = (file: string) =>
    Number(/^\s*(\d+)\s*$/.exec(readText(`${root}${folder}/${file}`) ?? '')?.[1] ?? Number.NaN);
  const limitBytes = limits
    .map(numberIn)
    .filter(Number.isFinite)
    .reduce((least, bytes) => Math.min(least, bytes), Infinity);
  if (limitBytes === Infinity) return Infinity;
  // A limit holds even if its usage is unknown.
  const usedBytes = numberIn(usage) || 0;
  const stat = readText(`${root}${folder}/memory.stat`) ?? '';
  const cacheBytes = Number(new RegExp(`^${reclaimable} (\\d+)`, 'm').exec(stat)?.[1] ?? 0);
  return limitBytes - Math.max(0, usedBytes - cacheBytes);
}

function readByNode(path: string): string | undefined {
  try {
    return globalThis.process?.getBuiltinModule?.('node:fs').readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Available bytes by Node, on systems other than Linux. 0 is an answer: nothing is available. */
function availableByNode(): number | undefined {
  const bytes: unknown = globalThis.process?.availableMemory?.();
  return typeof bytes === 'number' ? Math.max(0, bytes) : undefined;
}

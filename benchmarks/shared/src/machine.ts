// The machine on which the figures were measured, and its other work meanwhile.
import { availableParallelism, cpus, totalmem } from 'node:os';
import { readFile } from 'node:fs/promises';

/** The facts that a reader needs to compare figures. */
export interface Machine {
  readonly cpu: string;
  /** Cores that this process may use. */
  readonly cores: number;
  /** As Linux lists them for the first core; empty elsewhere. */
  readonly caches: readonly string[];
  /** The processor's instructions that decide how fast products are, as Linux names them; absent in old results. */
  readonly features?: readonly string[] | undefined;
  readonly memoryGiB: number;
  readonly platform: string;
  readonly node: string;
  readonly v8: string;
}

/** Describes this machine. */
export async function describeMachine(): Promise<Machine> {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    caches: await caches(),
    features: await features(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    v8: process.versions.v8,
  };
}

/** The instructions that are told of a processor: dot products of bytes, for which figures of processors differ most. */
const TOLD_FEATURES = ['avx2', 'avx512_vnni', 'avx_vnni', 'amx_int8', 'asimddp', 'i8mm'];

async function features(): Promise<string[]> {
  const info = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const flags = new Set((/^(?:flags|Features)\s*:(.*)$/m.exec(info)?.[1] ?? '').trim().split(/\s+/));
  return TOLD_FEATURES.filter((name) => flags.has(name));
}

/** The folder of the results of a processor, such as `intel-xeon-processor-avx512-vnni`. */
export function processorFolder({ cpu, features = [] }: Pick<Machine, 'cpu' | 'features'>): string {
  const dots = features.filter((name) => name.endsWith('vnni'));
  return [cpu.replaceAll(/\((?:R|TM)\)/g, ''), ...dots]
    .join(' ')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}

/** The machine on one line, for people. */
export function inALine({ cpu, cores, caches, features = [], memoryGiB, platform, node }: Machine): string {
  const facts = [...caches, ...features].join(', ');
  const cached = facts === '' ? '' : ` (${facts})`;
  return `${cpu}, ${cores} cores${cached}, ${memoryGiB} GiB, ${platform}, Node ${node}`;
}

/**
 * Begins to watch the machine's other work. The returned function gives the number of cores that other processes have
 * kept busy since then.
 */
export function watchOthers(): () => number {
  const start = { seconds: performance.now() / 1000, all: busySeconds(), own: process.cpuUsage() };
  return () => {
    const seconds = performance.now() / 1000 - start.seconds;
    const { user, system } = process.cpuUsage(start.own);
    return Math.max(0, (busySeconds() - start.all - (user + system) / 1e6) / seconds);
  };
}

/** Seconds in which cores were not idle, summed over all cores. */
function busySeconds(): number {
  const ms = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
  return ms / 1000;
}

async function caches(): Promise<string[]> {
  const list: string[] = [];
  for (let index = 0; ; index++) {
    const folder = `/sys/devices/system/cpu/cpu0/cache/index${index}`;
    try {
      const [level, type, size] = await Promise.all(
        ['level', 'type', 'size'].map(async (name) => (await readFile(`${folder}/${name}`, 'utf8')).trim()),
      );
      if (type !== 'Instruction') list.push(`L${level} ${size}`);
    } catch {
      return list;
    }
  }
}

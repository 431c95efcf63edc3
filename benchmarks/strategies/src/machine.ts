// Which machine the figures are of, and what else it did meanwhile.
import { availableParallelism, cpus, totalmem } from 'node:os';

/** The machine in a line. */
export function describeMachine(): string {
  const model = cpus()[0]?.model ?? 'unknown processor';
  const memoryGiB = Math.round(totalmem() / 2 ** 30);
  return `${model}, ${availableParallelism()} cores, ${memoryGiB} GiB, ${process.platform} ${process.arch}, Node ${process.versions.node}`;
}

/** Begins to watch; the function that it returns gives the number of cores that other processes have kept busy since. */
export function watchOthers(): () => number {
  const start = { seconds: performance.now() / 1000, all: busySeconds(), own: process.cpuUsage() };
  return () => {
    const seconds = performance.now() / 1000 - start.seconds;
    const { user, system } = process.cpuUsage(start.own);
    return Math.max(0, (busySeconds() - start.all - (user + system) / 1e6) / seconds);
  };
}

function busySeconds(): number {
  const ms = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
  return ms / 1000;
}

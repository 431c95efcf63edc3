// A model that streams from a file by direct reads. The bytes in its statistics must be the bytes that the operating
// system counts for this process.
import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { async as asyncPrefetch, none } from '@rondo/prefetch';
import { loadModel, type Model } from '@rondo/model';
import { demoModelPath } from '@rondo/testkit';
import { greedyIds, must, type SoakProgram } from './soak.ts';

/** The allowed difference between the statistics and the operating system, as a share. */
const tolerance = 0.0002;

const LOOK_MS = 50;
const LOOKS = 4;

/** Bytes that this process has read so far by any means. Source: proc(5), /proc/pid/io, `rchar`. */
async function readBytes(): Promise<number> {
  const text = await readFile('/proc/self/io', 'utf8');
  return Number(/^rchar: (\d+)$/m.exec(text)?.[1]);
}

/** Waits until prefetched weights have arrived: until the statistics stay the same over several looks. */
async function readsEnded(model: Model): Promise<void> {
  for (let still = 0, bytes = -1; still < LOOKS;) {
    await setTimeout(LOOK_MS);
    const { bytesRead } = model.stats();
    still = bytesRead === bytes ? still + 1 : 0;
    bytes = bytesRead;
  }
}

export const statistics: SoakProgram = async ({ over }) => {
  if (process.platform !== 'linux') return 'not tried: only Linux counts the bytes that a process reads';
  let worst = 0;
  let total = 0;
  const prefetchers = [() => asyncPrefetch({ concurrency: 4 }), () => none()];
  for (let round = 0; round < prefetchers.length || !over(); round++) {
    const prefetch = prefetchers[round % prefetchers.length]?.() ?? none();
    await using model = await loadModel(demoModelPath('f32'), { context: 128, memory: '12MB', prefetch });
    await greedyIds(model, 'ROMEO:', 4);
    await readsEnded(model);
    model.resetStats();
    const before = await readBytes();
    // Reading the counter is itself counted by the next read.
    const lookBytes = (await readBytes()) - before;
    await greedyIds(model, 'ROMEO:', 24);
    await readsEnded(model);
    const counted = (await readBytes()) - before - 2 * lookBytes;
    const { bytesRead } = model.stats();
    must(bytesRead > 0, 'The model does not stream.');
    worst = Math.max(worst, Math.abs(counted / bytesRead - 1));
    total += bytesRead;
    must(worst <= tolerance, `The statistics say ${bytesRead} bytes, the operating system ${counted}.`);
  }
  return `${(total / 2 ** 20).toFixed(0)} MiB read; statistics and operating system differ by ${(100 * worst).toFixed(4)}% at most`;
};

// How fast the simulator itself is.
import { pinned } from '@rondo/cache';
import { countHits } from './count-hits.ts';
import { ENTRIES, patterns } from './patterns.ts';
import { EVEN } from './product.ts';
import { simulate } from './simulate.ts';
import { nameOf, policies, prefetchers } from './strategies.ts';

/** Accesses a second of one way to simulate. */
export interface Speed {
  readonly what: string;
  readonly accessesPerSecond: number;
}

const SLOTS = 16;

/** Counting by each policy, and virtual time with each kind of prefetch; on the inference pattern. */
export async function measureSpeed(accesses: number): Promise<Speed[]> {
  const [inference] = patterns;
  const trace = inference?.trace(accesses) ?? [];
  const speeds: Speed[] = policies.map((policy) => ({
    what: `counting, ${policy.name}`,
    accessesPerSecond: perSecond(accesses, () => countHits(trace, ENTRIES, SLOTS, policy.create(trace))),
  }));
  const timed = trace.slice(0, accesses / 10);
  for (const prefetch of prefetchers.filter((entry) =>
    ['none', 'async 2', 'predictive'].includes(nameOf(entry)),
  )) {
    const strategies = { policy: pinned<number>(), prefetch: prefetch.create() };
    const startMs = performance.now();
    await simulate({ trace: timed, keys: ENTRIES, slots: SLOTS, machine: EVEN.machine, ...strategies });
    const seconds = (performance.now() - startMs) / 1000;
    speeds.push({
      what: `virtual time, pinned, ${nameOf(prefetch)}`,
      accessesPerSecond: timed.length / seconds,
    });
  }
  return speeds;
}

function perSecond(accesses: number, work: () => unknown): number {
  const startMs = performance.now();
  work();
  return accesses / ((performance.now() - startMs) / 1000);
}

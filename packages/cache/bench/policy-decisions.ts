// Measures what a policy decision costs: the time of `added`, `used` and the choice of a `victim` that then leaves, in a
// full cache of 10,000 entries. The limit is 1 microsecond. Run: pnpm --filter @rondo/cache run bench
import { cachePolicies, type CachePolicy } from '@rondo/cache';

const ENTRIES = 10_000;
const KEYS = 4 * ENTRIES;
const ACCESSES = 200_000;
const REPETITIONS = 9;

/** Lehmer's generator: the same trace everywhere. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

const random = randomNumbers(1);
const traces: Record<string, readonly number[]> = {
  loop: Array.from({ length: ACCESSES }, (_, index) => index % KEYS),
  random: Array.from({ length: ACCESSES }, () => Math.floor(random() * KEYS)),
  skewed: Array.from({ length: ACCESSES }, () => Math.floor(KEYS * random() ** 4)),
};

interface Cost {
  readonly nsPerAccess: number;
  readonly missRate: number;
}

/** Replays `trace` through a cache that is full from the start. The result includes the replay's own bookkeeping. */
function measure(policy: CachePolicy<number>, trace: readonly number[]): Cost {
  const present = new Uint8Array(KEYS);
  const evictable = (): boolean => true;
  for (let key = KEYS - ENTRIES; key < KEYS; key += 1) {
    present[key] = 1;
    policy.added(key, 1, 'demand');
    policy.used(key);
  }
  let misses = 0;
  // The processor time of this process, not the time of the clock: other processes of the machine do not count.
  const started = process.cpuUsage();
  for (const key of trace) {
    if (present[key] === 0) {
      misses += 1;
      const victim = policy.victim(evictable);
      if (victim === undefined) throw new Error(`${policy.name} names no victim.`);
      present[victim] = 0;
      policy.removed(victim);
      present[key] = 1;
      policy.added(key, 1, 'demand');
    }
    policy.used(key);
  }
  const { user, system } = process.cpuUsage(started);
  return { nsPerAccess: (1000 * (user + system)) / trace.length, missRate: misses / trace.length };
}

console.log(
  `ns of CPU time per access in a cache of ${ENTRIES} entries, ${KEYS} keys, ${ACCESSES} accesses: the best of ${REPETITIONS}`,
);
console.log(`| policy | ${Object.keys(traces).join(' | ')} |`);
console.log(`| --- |${' ---: |'.repeat(Object.keys(traces).length)}`);
for (const [name, { create }] of Object.entries(cachePolicies)) {
  const cells = Object.values(traces).map((trace) => {
    const costs = Array.from({ length: REPETITIONS }, () => measure(create(trace), trace));
    // The run that other processes disturbed least.
    const [cost] = costs.sort((a, b) => a.nsPerAccess - b.nsPerAccess);
    if (cost === undefined) throw new Error('Nothing was measured.');
    return `${cost.nsPerAccess.toFixed(0)} (${(100 * cost.missRate).toFixed(0)}% decide)`;
  });
  console.log(`| ${name} | ${cells.join(' | ')} |`);
}

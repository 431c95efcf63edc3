// Counts the hits of a policy without time, disk or prefetch, in a few instructions for each access. `simulate` without
// prefetch must count the same, which a test checks.
import type { CachePolicy } from '@rondo/cache';

const anyone = (): boolean => true;

/** Hits of `policy` on `trace`, whose keys are 0 to `keys - 1`, with room for `slots` entries of equal size. */
export function countHits(
  trace: readonly number[],
  keys: number,
  slots: number,
  policy: CachePolicy<number>,
): number {
  const isThere = new Uint8Array(keys);
  let count = 0;
  let hits = 0;
  for (const key of trace) {
    if (isThere[key] === 1) hits += 1;
    else {
      if (count === slots) {
        const victim = policy.victim(anyone);
        if (victim === undefined || isThere[victim] !== 1)
          throw new Error(`${policy.name} evicts ${victim}.`);
        isThere[victim] = 0;
        policy.removed(victim);
      } else count += 1;
      isThere[key] = 1;
      policy.added(key, 1, 'demand');
    }
    policy.used(key);
  }
  return hits;
}

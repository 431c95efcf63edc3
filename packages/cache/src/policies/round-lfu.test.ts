// What `roundLfu` spares, and for how long.
import { describe, expect, it } from 'vitest';
import { lfu } from './lfu.ts';
import { roundLfu } from './round-lfu.ts';
import type { CachePolicy } from '../types.ts';

/** Uses all keys, and adds absent keys. Evicts nothing. */
function use(policy: CachePolicy<number>, present: Set<number>, keys: readonly number[]): void {
  for (const key of keys) {
    if (!present.has(key)) policy.added(key, 1, 'demand');
    present.add(key);
    policy.used(key);
  }
}

/** The order in which all entries are evicted. */
function leaving(policy: CachePolicy<number>, count: number): (number | undefined)[] {
  return Array.from({ length: count }, () => {
    const victim = policy.victim(() => true);
    if (victim !== undefined) policy.removed(victim);
    return victim;
  });
}

describe('roundLfu', () => {
  it('roundLfu spares a rare entry that the last round used, and evicts a frequent one that it passed over', () => {
    const rounds = [
      [0, 1, 2, 3],
      [0, 1, 2, 3],
      [0, 1, 2, 3],
      [0, 1, 2, 4],
      [0, 1, 2, 4],
    ].flat();
    const [policy, other] = [roundLfu<number>(), lfu<number>()];
    use(policy, new Set(), rounds);
    use(other, new Set(), [...rounds, 0, 1, 2]);
    // Key 3 was used three times and key 4 twice, but the last two rounds did not use key 3.
    expect(policy.victim(() => true)).toBe(3);
    expect(other.victim((key) => key === 3 || key === 4)).toBe(4);
  });

  it('roundLfu evicts the rarest of the entries that were passed over', () => {
    const policy = roundLfu<number>();
    const rounds = [
      [0, 1, 2, 3],
      [0, 1, 2, 3],
      [0, 1, 2, 4],
      [0, 1, 2, 5],
      [0, 1, 2, 5],
      [0, 1, 2, 6],
      [0, 1, 2, 6],
    ].flat();
    use(policy, new Set(), rounds);
    expect(leaving(policy, 3)).toEqual([4, 3, 5]);
  });

  it('roundLfu keeps what each round needs if not even one round fits', () => {
    const policy = roundLfu<number>();
    const present = new Set<number>();
    const shared = [0, 1, 2, 3];
    for (let token = 0; token < 40; token += 1) use(policy, present, [...shared, 10 + (token % 5)]);
    const order = leaving(policy, present.size);
    expect(order.slice(-4).toSorted()).toEqual(shared);
  });

  it('roundLfu evicts entries that were prefetched and never used after all other entries of the round', () => {
    const policy = roundLfu<number>();
    const present = new Set<number>();
    for (let token = 0; token < 10; token += 1) use(policy, present, [0, 1, 2, 3]);
    policy.added(8, 1, 'prefetch');
    policy.added(9, 1, 'prefetch');
    expect(leaving(policy, 6)).toEqual([3, 2, 1, 0, 9, 8]);
  });

  it('roundLfu evicts a prefetched entry first once a round has not used it', () => {
    const policy = roundLfu<number>();
    const present = new Set<number>();
    for (let token = 0; token < 10; token += 1) use(policy, present, [0, 1, 2, 3]);
    policy.added(9, 1, 'prefetch');
    use(policy, present, [0, 1, 2]);
    expect(policy.victim(() => true)).not.toBe(9);
    use(policy, present, [3, 0]);
    expect(policy.victim(() => true)).toBe(9);
  });

  it('roundLfu forgets a short return after 512 further returns', () => {
    const policy = roundLfu<number>({ halfLife: 1e9 });
    const present = new Set<number>();
    const round = Array.from({ length: 16 }, (_, index) => index);
    for (let token = 0; token < 3; token += 1) use(policy, present, [...round, 99]);
    // Key 0 returns after two accesses, so a round seems short: key 60 counts as passed over, and is rarer than key 99.
    use(policy, present, [0, 1, 0, 60, ...round.slice(0, 10)]);
    expect(policy.victim(() => true)).toBe(60);
    policy.removed(60);
    for (let token = 0; token < 32; token += 1) use(policy, present, round);
    use(policy, present, [50, ...round.slice(0, 10)]);
    expect(policy.victim(() => true)).toBe(99);
  });

  it('uses in a row are one visit for roundLfu', () => {
    const policy = roundLfu<number>();
    const present = new Set<number>();
    for (let token = 0; token < 10; token += 1) use(policy, present, [0, 0, 1, 1, 2, 2, 3, 3]);
    // No entry was passed over: the entry used last is evicted first, as on a loop.
    expect(policy.victim(() => true)).toBe(3);
  });
});

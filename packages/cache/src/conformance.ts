// The requirements for every cache policy. The cases are data for any test runner: a case throws when it fails.
import type { CachePolicy } from './types.ts';

/** One case; `make` returns a new policy at each call. */
export interface CachePolicyCase {
  readonly name: string;
  /** @throws Error when the policy fails the case */
  run(make: <K>() => CachePolicy<K>): Promise<void>;
}

function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

const anyone = (): boolean => true;

/** Every implementation of `CachePolicy` passes all of these cases. */
export const cachePolicyConformance: readonly CachePolicyCase[] = [
  {
    name: 'has a name, and no victim when empty',
    async run(make) {
      const policy = make<string>();
      assert(policy.name.length > 0, 'name is empty');
      assert(policy.victim(anyone) === undefined, 'named a victim although nothing was added');
    },
  },
  {
    name: 'names a victim whichever single entry is evictable, and none when none is',
    async run(make) {
      // Falsy keys on purpose: only undefined means "no victim".
      const policy = make<string | number | null>();
      const keys = [0, '', null, 'a', Number.NaN];
      for (const [index, key] of keys.entries()) {
        policy.added(key, 1, index % 2 === 0 ? 'demand' : 'prefetch');
        if (index % 2 === 0) policy.used(key);
      }
      for (const key of keys) {
        const victim = policy.victim((candidate) => Object.is(candidate, key));
        assert(Object.is(victim, key), `only ${String(key)} was evictable; named ${String(victim)}`);
      }
      assert(policy.victim(() => false) === undefined, 'named a victim although none was evictable');
    },
  },
  {
    name: 'tells keys apart by identity',
    async run(make) {
      const policy = make<{ readonly id: number }>();
      const first = { id: 1 };
      const second = { id: 1 };
      policy.added(first, 1, 'demand');
      policy.added(second, 1, 'demand');
      policy.removed(first);
      assert(policy.victim(anyone) === second, 'lost an entry whose key only looks like a removed one');
    },
  },
  {
    name: 'changes nothing by naming a victim',
    async run(make) {
      const policy = make<number>();
      for (let key = 0; key < 8; key += 1) {
        policy.added(key, 1, 'demand');
        policy.used(key);
      }
      const first = policy.victim(anyone);
      policy.victim((key) => key === 5);
      policy.victim(() => false);
      assert(policy.victim(anyone) === first, 'asked twice, answered differently');
    },
  },
  {
    name: 'drains completely, each entry once, whatever came in by prefetch',
    async run(make) {
      const policy = make<number>();
      for (let key = 0; key < 20; key += 1) {
        policy.added(key, 1 + key, key % 3 === 0 ? 'prefetch' : 'demand');
        if (key % 3 !== 0) policy.used(key);
      }
      const left = new Set<number>();
      for (let count = 0; count < 20; count += 1) {
        const victim = policy.victim(anyone);
        assert(victim !== undefined, `named nobody with ${20 - count} entries left`);
        assert(!left.has(victim), `named ${victim} after it had left`);
        left.add(victim);
        policy.removed(victim);
      }
      assert(policy.victim(anyone) === undefined, 'named a victim after the last had left');
    },
  },
  {
    name: 'only ever names and asks about entries that are in, over a long random life',
    async run(make) {
      const policy = make<number>();
      const present = new Set<number>();
      let state = 12345;
      const random = (below: number): number => {
        // Lehmer's generator: the same sequence everywhere.
        state = (state * 48271) % 2147483647;
        return state % below;
      };
      for (let step = 0; step < 20_000; step += 1) {
        const key = random(64);
        if (present.has(key)) {
          policy.used(key);
        } else {
          while (present.size >= 24) {
            const isEvictable = (candidate: number): boolean => {
              assert(present.has(candidate), `asked about ${candidate}, which is not in`);
              return candidate % 5 !== step % 5 || present.size > 24;
            };
            const victim = policy.victim(isEvictable);
            assert(victim !== undefined, 'named nobody although entries were evictable');
            assert(present.has(victim), `named ${victim}, which is not in`);
            assert(isEvictable(victim), `named ${victim}, which was not evictable`);
            policy.removed(victim);
            present.delete(victim);
          }
          const origin = random(3) === 0 ? 'prefetch' : 'demand';
          policy.added(key, 1 + random(9), origin);
          if (origin === 'demand') policy.used(key);
          present.add(key);
        }
      }
    },
  },
];

// All cache policies by name. A policy is a file in this folder and an entry here: the command line, the benchmarks and the
// tests read this record.
import type { CachePolicy } from '../types.ts';
import { adaptive } from './adaptive.ts';
import { belady } from './belady.ts';
import { lfu } from './lfu.ts';
import { lru } from './lru.ts';
import { pinned } from './pinned.ts';
import { protectedLru } from './protected-lru.ts';
import { roundLfu } from './round-lfu.ts';

/** A cache policy as `cachePolicies` lists it. */
export interface CachePolicyEntry {
  /** What the policy does, in a few words. */
  readonly description: string;
  /** What the policy needs. Only a replay knows the future accesses. */
  readonly needs: 'nothing' | 'future';
  /** A new policy with default settings, for one cache. `future` holds the keys to be acquired, in order. */
  create<K>(future: readonly K[]): CachePolicy<K>;
}

const listed = <Name extends string>(
  policies: Record<Name, CachePolicyEntry>,
): Readonly<Record<Name, CachePolicyEntry>> => policies;

/** All cache policies by the name that a policy reports; the policies that do not need the future come first. */
export const cachePolicies = listed({
  lru: { description: 'evicts what was used longest ago', needs: 'nothing', create: () => lru() },
  protectedLru: {
    description: 'evicts as lru does, but spares what was read ahead until it is used',
    needs: 'nothing',
    create: () => protectedLru(),
  },
  lfu: { description: 'evicts what was used least often', needs: 'nothing', create: () => lfu() },
  roundLfu: {
    description: 'evicts what was used least often, but spares what was used within the last round',
    needs: 'nothing',
    create: () => roundLfu(),
  },
  pinned: {
    description: 'keeps the same part of a loop in memory',
    needs: 'nothing',
    create: () => pinned(),
  },
  adaptive: {
    description: 'tries other policies, and takes the one that does best',
    needs: 'nothing',
    create: () => adaptive(),
  },
  belady: { description: 'evicts what is needed furthest in the future', needs: 'future', create: belady },
});

/** A name in `cachePolicies`. */
export type CachePolicyName = keyof typeof cachePolicies;

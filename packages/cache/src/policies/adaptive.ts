// The policy for an unknown access pattern. The policy names the pattern by the distances at which keys return, lets the
// fixed policies compete in ghost caches, and puts the best policy in charge.
import type { CachePolicy } from '../types.ts';
import { watchAccessPattern, type AccessPattern } from './access-pattern.ts';
import { ghostCache, type GhostCache } from './ghost-cache.ts';
import { keyMemory } from './key-memory.ts';
import { lfu } from './lfu.ts';
import { pinned } from './pinned.ts';
import { protectedLru } from './protected-lru.ts';

/** The policies that `adaptive` chooses from. */
export type AdaptiveCandidate = 'pinned' | 'protectedLru' | 'lfu';

/** What `adaptive` has seen and decided, for statistics and for people. */
export interface AdaptiveState {
  /** The pattern of the latest stretch of accesses. */
  readonly pattern: AccessPattern;
  /** The policy in charge. */
  readonly policy: AdaptiveCandidate;
  /** Why that policy is in charge, in a sentence. */
  readonly reason: string;
  /** The number of accesses after which that policy took charge. */
  readonly since: number;
  /** How often the policy in charge was changed. */
  readonly switches: number;
  /** The hit rate that each candidate would have had lately, 0 to 1; undefined until the cache was full for a stretch. */
  readonly hitRates: Readonly<Record<AdaptiveCandidate, number>> | undefined;
}

/** A policy that reports its state. */
export interface AdaptivePolicy<K> extends CachePolicy<K> {
  /** The state at the end of the latest stretch. */
  readonly state: AdaptiveState;
}

/** `adaptive` decides anew after a stretch: this many accesses, or `STRETCH_ROUNDS` per used key if that is more. */
const STRETCH_ACCESSES = 256;
const STRETCH_ROUNDS = 2;
/** A stretch has at most this many accesses per entry held, because a scan never runs out of new keys. */
const STRETCH_ROOMS = 16;

/**
 * A candidate takes over when it has won by more than this many standard deviations of a fair coin (McNemar 1947). The
 * count covers the accesses on which the candidate and the policy in charge differed since the candidate was last behind
 * (the restart of Page's CUSUM, 1954). If chance alone causes the change, the two policies are equally good, and nothing
 * is lost.
 */
const SURE = 3;
/** Number of entries that a scan can use: the entry in use, and the entry that is read meanwhile. */
const SCAN_ROOM = 2;
/** The factor by which earlier accesses lose weight in the count of `SURE` after each stretch. */
const FADING = 0.96;
/** The weight of the newest stretch in the reported hit rates; all earlier stretches have the remaining weight. */
const NEWEST_SHARE = 0.5;

/** Ghost caches hold at most about this many keys; for a larger cache, ghost caches follow a random sample of the keys. */
const GHOST_ENTRIES = 256;

/** How many uses of each entry are reported to a policy that takes over. */
const RETOLD_USES = 64;

/** How many keys are remembered, present or not. */
const REMEMBERED_KEYS = 65_536;

interface Known {
  /** The access at which the key was last used. */
  at: number;
  /** A random number from 0 to 1: a sample consists of all keys below a share. */
  readonly rank: number;
  /** Uses in the stretch that began at `stretch`. */
  uses: number;
  stretch: number;
}

interface Candidate<K> {
  readonly name: AdaptiveCandidate;
  make(): CachePolicy<K>;
  ghost: GhostCache<K>;
  hits: number;
  hitRate: number | undefined;
  /** Accesses that only this candidate would have hit, minus accesses that only the policy in charge would have hit. */
  lead: number;
  /** How many accesses only one of both policies would have hit. Both counts restart when the candidate is behind. */
  differences: number;
}

/**
 * Puts in charge the policy of `pinned`, `protectedLru` and `lfu` that would have the most hits. `adaptive` tries all
 * three policies on the same accesses, at the cache's own size, and begins with `pinned`. It changes the policy only at
 * the end of a stretch: 256 accesses, or two rounds through all keys. If the pattern changes faster, `adaptive` chooses
 * the policy that is best on the mixture of patterns.
 *
 * `roomFor` wants all available memory, because in every pattern but a scan more room means more hits. The keys of a
 * scan do not return, so for a scan `roomFor` wants room for two entries.
 *
 * `state` says which pattern was found, which policy is in charge, since when and why. `adaptive` takes little more time
 * than the policy in charge, up to about 100 bytes for each of 65,536 keys, and holds no values.
 */
export function adaptive<K>(): AdaptivePolicy<K> {
  const candidate = (name: AdaptiveCandidate, make: () => CachePolicy<K>): Candidate<K> => ({
    name,
    make,
    ghost: ghostCache(make()),
    hits: 0,
    hitRate: undefined,
    lead: 0,
    differences: 0,
  });
  const loops = candidate('pinned', () => pinned<K>());
  const candidates = [
    loops,
    candidate('protectedLru', () => protectedLru<K>()),
    candidate('lfu', () => lfu<K>()),
  ];

  const known = keyMemory<K, Known>(REMEMBERED_KEYS);
  /** Bytes of each entry in the cache, and which entries were prefetched and were not used yet. */
  const present = new Map<K, number>();
  const unused = new Set<K>();
  const watch = watchAccessPattern();
  let clock = 0;
  let stretch = 0;
  let heldBytes = 0;
  let largestBytes = 0;
  /** The most bytes held in this stretch or in the previous stretch. */
  let roomBytes = 0;
  let peakBytes = 0;
  /** Whether an entry was evicted in this stretch. While all entries fit, all policies do the same. */
  let isFull = false;
  let sampledShare = 1;
  let sampledAccesses = 0;
  const random = randomNumbers();

  let current = loops;
  let policy = current.make();
  let state: AdaptiveState = {
    pattern: 'unknown',
    policy: current.name,
    reason: 'Nothing is known yet: pinned is the best start for a loop.',
    since: 0,
    switches: 0,
    hitRates: undefined,
  };

  function know(key: K): Known {
    const remembered = known.get(key);
    if (remembered !== undefined) return remembered;
    const record = { at: -1, rank: random(), uses: 0, stretch: -1 };
    known.set(key, record);
    return record;
  }

  function decide(): void {
    const summary = watch.finish(1 / sampledShare);
    const best = isFull && sampledAccesses > 0 ? leader() : current;
    const takesOver = best !== current;
    if (takesOver) {
      current = best;
      policy = successor(best.make());
    }
    for (const each of candidates) {
      each.lead *= takesOver ? 0 : FADING;
      each.differences *= takesOver ? 0 : FADING;
    }
    state = {
      pattern: summary.pattern,
      policy: current.name,
      reason: reasonFor(summary.pattern, summary.distinct, summary.medianReturn),
      since: takesOver ? clock : state.since,
      switches: state.switches + (takesOver ? 1 : 0),
      hitRates: hitRates(),
    };
    stretch = clock;
    roomBytes = peakBytes;
    peakBytes = heldBytes;
    isFull = false;
    sampledAccesses = 0;
    for (const each of candidates) each.hits = 0;
  }

  /** Prepares `policy` to take over: reports the present entries in the order of their last use, with their recent uses. */
  function successor(policy: CachePolicy<K>): CachePolicy<K> {
    const byAge = [...present.keys()]
      .map((key) => ({ key, record: know(key) }))
      .sort((a, b) => a.record.at - b.record.at);
    for (const { key, record } of byAge) {
      if (unused.has(key)) continue;
      policy.added(key, present.get(key) ?? 0, 'demand');
      const uses = record.stretch === stretch ? record.uses : 1;
      for (let use = 0; use < Math.min(uses, RETOLD_USES); use += 1) policy.used(key);
    }
    for (const key of unused) policy.added(key, present.get(key) ?? 0, 'prefetch');
    return policy;
  }

  /** The candidate that is significantly ahead by the most; if there is no such candidate: the policy in charge. */
  function leader(): Candidate<K> {
    let best = current;
    let most = SURE;
    for (const each of candidates) {
      const latest = each.hits / sampledAccesses;
      each.hitRate =
        each.hitRate === undefined ? latest : each.hitRate + NEWEST_SHARE * (latest - each.hitRate);
      const deviations = each.lead / Math.sqrt(Math.max(1, each.differences));
      if (deviations <= most) continue;
      best = each;
      most = deviations;
    }
    return best;
  }

  function hitRates(): AdaptiveState['hitRates'] {
    const [first, second, third] = candidates.map(({ hitRate }) => hitRate);
    if (first === undefined || second === undefined || third === undefined) return undefined;
    return { pinned: first, protectedLru: second, lfu: third };
  }

  function reasonFor(pattern: AccessPattern, distinct: number, medianReturn: number): string {
    const seen = {
      unknown: 'Too little was seen',
      loop: `A loop of about ${distinct} keys`,
      scan: 'A scan, whose keys do not return',
      backAndForth: `Back and forth among ${distinct} keys, half of the uses within ${medianReturn} accesses`,
      skewed: `Some of ${distinct} keys are used much more often than others`,
      random: `Random use of ${distinct} keys`,
    }[pattern];
    if (pattern === 'scan') return `${seen}; room for ${SCAN_ROOM} is enough.`;
    if (!isFull) return `${seen}; everything fits so far, so ${current.name} stays.`;
    const rates = candidates.map(({ name, hitRate }) => `${name} ${Math.round(100 * (hitRate ?? 0))}%`);
    return `${seen}, with room for ${present.size}; would have hit: ${rates.join(', ')}.`;
  }

  function resizeSample(): void {
    if (present.size * sampledShare <= 2 * GHOST_ENTRIES) return;
    while (present.size * sampledShare > GHOST_ENTRIES) sampledShare /= 2;
    for (const each of candidates) {
      each.ghost = ghostCache(each.make());
      each.hits = 0;
    }
    sampledAccesses = 0;
    watch.finish(1);
  }

  return {
    name: 'adaptive',
    get state() {
      return state;
    },
    added(key, bytes, origin) {
      present.set(key, bytes);
      heldBytes += bytes;
      largestBytes = Math.max(largestBytes, bytes);
      peakBytes = Math.max(peakBytes, heldBytes);
      roomBytes = Math.max(roomBytes, heldBytes);
      if (origin === 'prefetch') unused.add(key);
      policy.added(key, bytes, origin);
      resizeSample();
    },
    used(key) {
      const record = know(key);
      if (unused.size > 0) unused.delete(key);
      policy.used(key);
      const uses = record.stretch === stretch ? record.uses : 0;
      if (record.rank < sampledShare) {
        sampledAccesses += 1;
        watch.note(record.at < 0 ? undefined : clock - record.at, uses);
        const bytes = present.get(key) ?? 0;
        const isHit = current.ghost.access(key, bytes, roomBytes * sampledShare);
        if (isHit) current.hits += 1;
        for (const each of candidates) {
          if (each === current) continue;
          const wouldHit = each.ghost.access(key, bytes, roomBytes * sampledShare);
          if (wouldHit) each.hits += 1;
          if (wouldHit === isHit) continue;
          each.lead = Math.max(0, each.lead + (wouldHit ? 1 : -1));
          each.differences = each.lead > 0 ? each.differences + 1 : 0;
        }
      }
      record.uses = uses + 1;
      record.stretch = stretch;
      record.at = clock;
      clock += 1;
      const enough = Math.min((STRETCH_ROUNDS * watch.distinct) / sampledShare, STRETCH_ROOMS * present.size);
      if (clock - stretch >= Math.max(STRETCH_ACCESSES, enough)) decide();
    },
    removed(key) {
      isFull = true;
      heldBytes -= present.get(key) ?? 0;
      present.delete(key);
      if (unused.size > 0) unused.delete(key);
      policy.removed(key);
    },
    victim: (evictable) => policy.victim(evictable),
    roomFor: (availableBytes) =>
      state.pattern === 'scan' ? Math.min(availableBytes, SCAN_ROOM * largestBytes) : availableBytes,
  };
}

/** Lehmer's generator: the same sample on every machine, so that runs can be repeated. */
function randomNumbers(): () => number {
  let state = 20_181;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

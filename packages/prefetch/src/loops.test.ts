// Hits of strategies in a loop that does not fit the cache.
import { describe, expect, it } from 'vitest';
import { async as asyncPrefetch, none, type PrefetchStrategy } from './index.ts';
import { manual, settled } from './test-support/manual.ts';

describe('a loop of 32 through a smaller cache', () => {
  /** Rounds in which each load ends before the next access (reading is faster) or after it (reading is slower). */
  async function loop(room: number, strategy: PrefetchStrategy, inTime: boolean) {
    const { cache, prefetcher, loading, load, use } = manual(32, room, strategy);
    for (let step = 0; step < 32 * 12; step += 1) {
      // The first rounds fill the cache.
      if (step === 32 * 2) cache.resetStats();
      const key = step % 32;
      await prefetcher.observe(key);
      await use(key);
      await settled();
      for (let [due] = inTime ? loading() : []; due !== undefined; [due] = loading())
        await load(due).finish();
    }
    const { accesses, hits, lateHits, misses, bytesLoaded } = cache.stats;
    return { hits: hits / accesses, lateHits: lateHits / accesses, misses, bytesPerRound: bytesLoaded / 10 };
  }

  for (const room of [4, 8, 16, 24]) {
    // At most C-1 entries can stay, because the other entries need the last place.
    const optimum = (room - 1) / 31;
    const least = 32 * (1 - optimum);

    it(`a loop of 32 with room for ${room}, without prefetch, has the optimal hits`, async () => {
      const { hits, lateHits } = await loop(room, none(), true);
      expect(Math.abs(hits - optimum)).toBeLessThan(0.02);
      expect(lateHits).toBe(0);
    });

    it(`a loop of 32 with room for ${room}, prefetch one ahead in time: all hits, at most two more loads a round`, async () => {
      const { hits, bytesPerRound } = await loop(room, asyncPrefetch({ distance: 1 }), true);
      expect(hits).toBe(1);
      expect(bytesPerRound).toBeLessThan(least + 2);
    });

    it(`a loop of 32 with room for ${room}, prefetch one ahead never in time: late hits, but no misses`, async () => {
      const { hits, lateHits, misses } = await loop(room, asyncPrefetch({ distance: 1 }), false);
      expect(misses).toBe(0);
      expect(hits + lateHits).toBe(1);
      expect(lateHits).toBeGreaterThan(0.9 * (1 - optimum));
    });

    it(`a loop of 32 with room for ${room}, prefetch three ahead in time: all hits, at most four more loads a round`, async () => {
      const { hits, bytesPerRound } = await loop(room, asyncPrefetch({ distance: 3, concurrency: 2 }), true);
      expect(hits).toBe(1);
      expect(bytesPerRound).toBeLessThan(least + 4);
    });
  }
});

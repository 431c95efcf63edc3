// A cache without values: the entries and the hits that a policy would have if it had been in charge from the start.
import type { CachePolicy } from '../types.ts';

/** The entries that a policy would have held. */
export interface GhostCache<K> {
  /** Whether the access would have been a hit. Adds the key after a miss. */
  access(key: K, bytes: number, roomBytes: number): boolean;
}

const anyone = (): boolean => true;

/** An empty ghost cache with its own policy. */
export function ghostCache<K>(policy: CachePolicy<K>): GhostCache<K> {
  const held = new Map<K, number>();
  let heldBytes = 0;

  return {
    access(key, bytes, roomBytes) {
      const isHit = held.has(key);
      if (!isHit) {
        if (bytes > roomBytes) return false;
        while (heldBytes + bytes > roomBytes) {
          const victim = policy.victim(anyone);
          // A policy that names no victim, or an absent key, would make this loop endless.
          if (victim === undefined || !held.has(victim)) return false;
          heldBytes -= held.get(victim) ?? 0;
          held.delete(victim);
          policy.removed(victim);
        }
        held.set(key, bytes);
        heldBytes += bytes;
        policy.added(key, bytes, 'demand');
      }
      policy.used(key);
      return isHit;
    },
  };
}

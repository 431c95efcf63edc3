// The simplest order of keys: the same keys in the same order, repeated.
import { RondoError } from '@rondo/errors';
import type { PrefetchContext } from './types.ts';

/**
 * `next` for a loop: the keys that follow a key. After the last key, the loop continues with the first key. Each key occurs
 * at most once, and the key itself does not occur. No key follows a key that is not in the loop. O(count) per call.
 *
 * @throws RondoError `BAD_ARGUMENT` if a key occurs twice: its successor would depend on more than the key
 */
export function loopOrder<K>(keys: readonly K[]): PrefetchContext<K>['next'] {
  const order = [...keys];
  const positions = new Map<K, number>();
  for (const [position, key] of order.entries()) {
    const earlier = positions.get(key);
    if (earlier !== undefined) {
      throw new RondoError(
        'BAD_ARGUMENT',
        `Key ${String(key)} is in the loop twice, at ${earlier} and ${position}: give each visit a key of its own, ` +
          'or write a `next` that remembers where it is.',
        { details: { key, positions: [earlier, position] } },
      );
    }
    positions.set(key, position);
  }

  return (key, count) => {
    const position = positions.get(key);
    if (position === undefined) return [];
    const start = position + 1;
    const length = Math.min(count, order.length - 1);
    return [
      ...order.slice(start, start + length),
      ...order.slice(0, Math.max(0, start + length - order.length)),
    ];
  };
}

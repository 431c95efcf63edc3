// Values that are kept within a number of bytes.
import { expect, it } from 'vitest';
import { createKeptValues } from './kept-values.ts';

it('the least recently used values go first, as soon as the bytes exceed the limit', () => {
  const kept = createKeptValues<string, number>(100);
  let made = 0;
  const get = (key: string, bytes: number): number => kept.get(key, () => ({ value: ++made, bytes })).value;
  expect([get('a', 40), get('b', 40), get('a', 40)]).toEqual([1, 2, 1]);
  expect(get('c', 40)).toBe(3);
  expect(kept.bytes).toBe(80);
  expect([get('a', 40), get('b', 40)]).toEqual([1, 4]);
});

it('a value may grow, also after it was dropped, and a single value may exceed the limit', () => {
  const kept = createKeptValues<string, string>(100);
  const first = kept.get('a', () => ({ value: 'first', bytes: 60 }));
  const second = kept.get('b', () => ({ value: 'second', bytes: 30 }));
  kept.grow(second, 50);
  expect(kept.bytes).toBe(80);
  kept.grow(first, 1000);
  expect(kept.bytes).toBe(80);
  kept.grow(second, 1000);
  expect(kept.bytes).toBe(1080);
  expect(kept.get('b', () => ({ value: 'other', bytes: 1 })).value).toBe('second');
});

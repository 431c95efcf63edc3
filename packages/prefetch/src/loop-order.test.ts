// The order of a loop.
import { describe, expect, it } from 'vitest';
import { loopOrder } from './index.ts';

describe('loopOrder', () => {
  it('loopOrder continues from the beginning, without repeating a key', () => {
    const next = loopOrder(['a', 'b', 'c', 'd']);
    expect(next('a', 2)).toEqual(['b', 'c']);
    expect(next('c', 2)).toEqual(['d', 'a']);
    expect(next('d', 1)).toEqual(['a']);
    expect(next('b', 99)).toEqual(['c', 'd', 'a']);
    expect(next('stranger', 2)).toEqual([]);
    expect(loopOrder(['only'])('only', 3)).toEqual([]);
  });

  it('loopOrder refuses an order in which a key occurs twice', () => {
    expect(() => loopOrder(['a', 'b', 'a'])).toThrow(
      expect.objectContaining({ code: 'BAD_ARGUMENT', details: { key: 'a', positions: [0, 2] } }),
    );
  });
});

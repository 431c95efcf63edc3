import { describe, expect, it } from 'vitest';
import { createHiddenRows } from './hidden-rows.ts';

/** Rows of two values for the tokens from `start` to `end`; `version` tells two runs of a token apart. */
const rowsOf = (start: number, end: number, version = 0) =>
  Float32Array.from({ length: 2 * (end - start) }, (_, index) =>
    index % 2 === 0 ? start + index / 2 : version,
  );
const tokensOf = (rows: Float32Array) => [...rows].filter((_, index) => index % 2 === 0);

describe('hidden rows that the MTP block has not seen', () => {
  it('rows that follow each other are kept; a new run of a token replaces its row and later rows', () => {
    const rows = createHiddenRows(2, 8);
    rows.add(rowsOf(0, 3), 0);
    rows.add(rowsOf(3, 6), 3);
    expect(tokensOf(rows.before(6))).toEqual([0, 1, 2, 3, 4, 5]);
    rows.add(rowsOf(4, 5, 1), 4);
    expect(rows.end).toBe(5);
    expect([...rows.before(5)].slice(-4)).toEqual([3, 0, 4, 1]);
  });

  it('rows of tokens that the block has seen are left out', () => {
    const rows = createHiddenRows(2, 8);
    rows.add(rowsOf(0, 4), 0);
    rows.clear(3);
    expect([rows.first, rows.end]).toEqual([3, 3]);
    rows.add(rowsOf(0, 3), 0);
    expect(rows.end).toBe(3);
    rows.add(rowsOf(1, 5), 1);
    expect([rows.first, ...tokensOf(rows.before(5))]).toEqual([3, 3, 4]);
  });

  it('rows after missing rows begin anew', () => {
    const rows = createHiddenRows(2, 8);
    rows.add(rowsOf(0, 2), 0);
    rows.add(rowsOf(5, 7), 5);
    expect([rows.first, rows.end]).toEqual([5, 7]);
    expect(tokensOf(rows.before(6))).toEqual([5]);
  });

  it('the newest rows are kept, whatever their number in one call', () => {
    for (const step of [1, 2, 3, 4, 7, 20]) {
      const rows = createHiddenRows(2, 4);
      for (let start = 0; start < 20; start += step)
        rows.add(rowsOf(start, Math.min(20, start + step)), start);
      expect([rows.first, ...tokensOf(rows.before(20))]).toEqual([16, 16, 17, 18, 19]);
    }
  });
});

import { expect, it } from 'vitest';
import { formatBytes, parseBytes } from './amounts.ts';

it('reads amounts of memory as people write them', () => {
  expect([1000, '1000', '2GiB', '1.5 g', '512 MB', '64k'].map(parseBytes)).toEqual([
    1000,
    1000,
    2 ** 31,
    1.5 * 2 ** 30,
    512e6,
    65536,
  ]);
  for (const bad of ['', 'x', '-1', '0', '1 xb', '1e3', Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => parseBytes(bad)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  }
});

it('writes amounts of memory with three digits', () => {
  expect([96, 2048, 15.52 * 2 ** 20, 512 * 2 ** 20, 3.714 * 2 ** 30].map(formatBytes)).toEqual([
    '96 B',
    '2.00 KiB',
    '15.5 MiB',
    '512 MiB',
    '3.71 GiB',
  ]);
});

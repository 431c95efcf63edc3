import { expect, it } from 'vitest';
import { compare, figuresOf } from './rows.ts';

it('a median that is 3% worse and outside the earlier rounds is slower; inside them it is noise', () => {
  expect(compare('a', false, [10, 11, 10.5], [9, 9.1, 9.2])).toMatchObject({
    verdict: 'slower',
    before: 10.5,
    after: 9.1,
  });
  expect(compare('a', false, [8, 11, 10.5], [9, 9.1, 9.2]).verdict).toBe('same');
  expect(compare('a', false, [10, 10, 10], [9.8, 9.8, 9.8]).verdict).toBe('same');
  expect(compare('a', false, [10, 11], [12, 13]).verdict).toBe('faster');
});

it('a larger cost is worse', () => {
  expect(compare('a', true, [1, 1.01], [1.2, 1.3])).toMatchObject({ verdict: 'slower', ratio: 1.005 / 1.25 });
  expect(compare('a', true, [1, 1.01], [0.8, 0.9]).verdict).toBe('faster');
});

it('the figures of a result file are its bars', () => {
  const bar = { what: 'decode', against: 'llama.cpp', reached: 0.9 };
  expect(figuresOf({ bars: [bar, { ...bar, what: 'peak', isCost: true }] })).toEqual([
    { row: 'decode, against llama.cpp', value: 0.9, isCost: false },
    { row: 'peak, against llama.cpp', value: 0.9, isCost: true },
  ]);
});

import { expect, it } from 'vitest';
import { createPassCosts } from './pass-costs.ts';

it('expects what was measured, what lies between, and in proportion what is larger than all', () => {
  const costs = createPassCosts();
  expect(costs.expect(1)).toBeUndefined();
  costs.note(2, 10);
  expect(costs.expect(1)).toBeUndefined();
  expect(costs.expect(2)).toBe(10);
  expect(costs.expect(6)).toBe(30);
  costs.note(10, 50);
  costs.note(100, 1000);
  expect(costs.expect(4)).toBe(20);
  expect(costs.expect(10)).toBe(50);
});

it('forgets what was long ago, and one interruption', () => {
  const costs = createPassCosts();
  for (const ms of [10, 11, 900, 10, 12]) costs.note(1, ms);
  expect(costs.expect(1)).toBe(11);
  for (const ms of [30, 31, 32]) costs.note(1, ms);
  expect(costs.expect(1)).toBe(30);
});

import { expect, it } from 'vitest';
import { createPassCosts } from './pass-costs.ts';

it('the expected time of a pass is the measured time, lies between two measured times, or grows in proportion', () => {
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

it('the expected time of a pass heeds neither old passes nor a single interruption', () => {
  const costs = createPassCosts();
  for (const ms of [10, 11, 900, 10, 12]) costs.note(1, ms);
  expect(costs.expect(1)).toBe(11);
  for (const ms of [30, 31, 32]) costs.note(1, ms);
  expect(costs.expect(1)).toBe(30);
});

it('the sessions of the last pass are known', () => {
  const costs = createPassCosts();
  expect(costs.otherSessions).toBe(0);
  costs.note(9, 10, 3);
  expect(costs.otherSessions).toBe(2);
  costs.note(1, 10);
  expect(costs.otherSessions).toBe(0);
});

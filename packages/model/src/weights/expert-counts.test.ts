import { expect, it } from 'vitest';
import { createExpertCounts } from './expert-counts.ts';
import type { Part, Segment, Stage } from './segments.ts';

const part = (...segments: number[]): Part => ({ name: '', weights: {}, segments });
const segment = (bytes: number): Segment => ({ name: '', ranges: [], bytes, weights: [], tokenShare: 1 });

/** A layer of one segment and three experts of two segments each, which take 10 bytes. */
const stage: Stage = {
  ...part(0),
  before: part(),
  experts: [part(1, 2), part(3, 4), part(5, 6)],
  after: part(),
};
const segmentation = { stages: [stage], segments: [100, 10, 10, 10, 10, 10, 10].map(segment) };
const chosen = (...experts: number[]) => experts.map((expert) => ({ expert }));

it('experts count as hits if all of their segments are in memory when the router has chosen', () => {
  const resident = new Set([1, 2, 3]);
  const counts = createExpertCounts(segmentation, { has: (index) => resident.has(index) });
  counts.chosen(0, chosen(0, 1));
  expect(counts.stats).toMatchObject({ asked: 2, hits: 1 });
});

it('an expert loaded before the router chooses it counts as ahead, and as wasted if it is evicted before', () => {
  const counts = createExpertCounts(segmentation, { has: () => false });
  for (const index of [0, 1, 2, 3]) counts.loaded(index);
  expect(counts.stats).toMatchObject({ bytesLoaded: 30, bytesAhead: 30, bytesWasted: 0 });
  counts.chosen(0, chosen(0, 2));
  for (const index of [5, 6]) counts.loaded(index);
  expect(counts.stats).toMatchObject({ bytesLoaded: 50, bytesAhead: 30, bytesWasted: 0 });
  // The segments of expert 0 were used; segment 3 of expert 1 was not.
  for (const index of [0, 1, 2, 3, 5]) counts.evicted(index);
  expect(counts.stats).toMatchObject({ bytesLoaded: 50, bytesAhead: 30, bytesWasted: 10 });
});

it('a model without experts has no counts of them', () => {
  const dense = { stages: [{ ...stage, experts: [] }], segments: [segment(100)] };
  expect(createExpertCounts(dense, { has: () => true }).stats).toBeUndefined();
});

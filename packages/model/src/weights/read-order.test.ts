// The segments that come next in a round, and the experts that are expected.
import { describe, expect, it } from 'vitest';
import { createReadOrder } from './read-order.ts';
import type { Stage } from './segments.ts';

/**
 * Layers with given numbers of segments, experts of two segments each, and segments before and after the experts. The segments
 * are numbered in the order of their creation.
 */
function blocksOf(
  ...layers: readonly (readonly [segments: number, experts: number, around?: number])[]
): Stage[] {
  let next = 0;
  const part = (count: number) => ({
    name: 'part',
    weights: {},
    segments: Array.from({ length: count }, () => next++),
  });
  return layers.map(([segments, experts, around = 0]) => ({
    ...part(segments),
    before: part(around),
    experts: Array.from({ length: experts }, () => part(2)),
    after: part(around),
  }));
}

/** One row that chose these experts. */
const once = (...experts: number[]) => experts.map((expert) => ({ expert, rows: [0] }));

it('without experts, the round is a loop', () => {
  const readOrder = createReadOrder(blocksOf([2, 0], [3, 0]));
  expect([...readOrder.after(0)].flat()).toEqual([1, 2, 3, 4]);
  expect([...readOrder.after(3)].flat()).toEqual([4, 0, 1, 2]);
  expect([...readOrder.after(4)].flat()).toEqual([0, 1, 2, 3]);
  expect(() => [...readOrder.after(5)].flat()).toThrow(RangeError);
});

describe('with experts', () => {
  // Segments 0-1 and experts 2-3, 4-5, 6-7; then 8 and experts 9-10, 11-12; the head 13.
  const stages = blocksOf([2, 3], [1, 2], [1, 0]);

  it('no expert is expected before the router has chosen one', () => {
    expect([...createReadOrder(stages).after(0)].flat()).toEqual([1, 8, 13]);
  });

  it('chosen experts follow each other, and the round does not come to them again', () => {
    const readOrder = createReadOrder(stages);
    readOrder.chosen(0, once(0, 2), 1);
    expect([...readOrder.after(2)].flat()).toEqual([3, 6, 7, 8, 13, 0, 1]);
    expect([...readOrder.after(7)].flat()).toEqual([8, 13, 0, 1]);
    readOrder.chosen(0, once(1), 1);
    expect([...readOrder.after(4)].flat()).toEqual([5, 8, 13, 0, 1]);
  });

  it('an expert that is chosen again and again is expected, in its layer and from before, until it no longer is', () => {
    const readOrder = createReadOrder(stages);
    for (let pass = 0; pass < 5; pass++) readOrder.chosen(0, once(1), 1);
    expect([...readOrder.after(0)].flat()).toEqual([1, 8, 13]);
    for (let pass = 0; pass < 3; pass++) readOrder.chosen(0, once(1), 1);
    expect([...readOrder.after(0)].flat()).toEqual([1, 4, 5, 8, 13]);
    expect([...readOrder.after(13)].flat()).toEqual([0, 1, 4, 5, 8]);
    for (let pass = 0; pass < 8; pass++) readOrder.chosen(0, once(2), 1);
    expect([...readOrder.after(0)].flat()).toEqual([1, 6, 7, 8, 13]);
  });

  it('of two likely experts, the likelier expert comes first', () => {
    const readOrder = createReadOrder(stages);
    for (let pass = 0; pass < 40; pass++) readOrder.chosen(1, pass % 4 === 0 ? once(1) : once(0, 1), 1);
    expect([...readOrder.after(8)].flat()).toEqual([11, 12, 9, 10, 13, 0, 1]);
  });

  it('the more rows a pass has, the fewer of them need to choose an expert for it to be likely', () => {
    const readOrder = createReadOrder(stages);
    const few = [
      { expert: 0, rows: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] },
      { expert: 1, rows: [4] },
    ];
    for (let pass = 0; pass < 40; pass++) readOrder.chosen(0, few, 10);
    expect([...readOrder.after(0)].flat()).toEqual([1, 2, 3, 4, 5, 8, 13]);
    readOrder.chosen(0, once(0), 1);
    expect([...readOrder.after(0)].flat()).toEqual([1, 2, 3, 8, 13]);
  });
});

it('the segments around the experts come before and after the chosen or likely experts', () => {
  // Segments 0-1, before 2-3, experts 4-5 and 6-7, after 8-9; then 10, 11, experts 12-13, after 14; the head 15.
  const readOrder = createReadOrder(blocksOf([2, 2, 2], [1, 1, 1], [1, 0]));
  expect([...readOrder.after(0)].flat()).toEqual([1, 2, 3, 8, 9, 10, 11, 14, 15]);
  readOrder.chosen(0, once(1), 1);
  expect([...readOrder.after(2)].flat()).toEqual([3, 6, 7, 8, 9, 10, 11, 14, 15, 0, 1]);
  expect([...readOrder.after(6)].flat()).toEqual([7, 8, 9, 10, 11, 14, 15, 0, 1, 2, 3]);
  expect([...readOrder.after(9)].flat()).toEqual([10, 11, 14, 15, 0, 1, 2, 3]);
  for (let pass = 0; pass < 9; pass++) readOrder.chosen(0, once(1), 1);
  expect([...readOrder.after(1)].flat()).toEqual([2, 3, 6, 7, 8, 9, 10, 11, 14, 15, 0]);
});

it('the segments of an MTP block come only after segments of the same block', () => {
  // Segments 0-1; the MTP block 2-3; the head 4.
  const [layer, block, head] = blocksOf([2, 0], [2, 0], [1, 0]);
  if (!layer || !block || !head) throw new Error('A stage is missing.');
  const readOrder = createReadOrder([layer, { ...block, predicts: true }, head]);
  expect([...readOrder.after(0)].flat()).toEqual([1, 4]);
  expect([...readOrder.after(4)].flat()).toEqual([0, 1]);
  expect([...readOrder.after(2)].flat()).toEqual([3, 4, 0, 1]);
});

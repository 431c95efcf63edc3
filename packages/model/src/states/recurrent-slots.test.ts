import type { StateRoute } from '@rondo/tensor';
import { describe, expect, it } from 'vitest';
import { createRecurrentSlots } from './recurrent-slots.ts';

/** Runs a pass on numbers in place of states: each slot holds the number of tokens that its states have seen. */
function sequence(count: number) {
  const slots = createRecurrentSlots(count);
  const held: (number | undefined)[] = Array.from({ length: count }, () => undefined);
  /** `tokens` tokens from `position` on, of which those from `logitsFrom` on want logits. @returns the route */
  function pass(position: number, tokens: number, logitsFrom: number): StateRoute {
    const route = slots.route(position, tokens, logitsFrom);
    const before = route.from === undefined ? 0 : held[route.from];
    expect(before).toBe(position);
    if (route.keep) {
      expect(route.keep.slot).not.toBe(route.to);
      held[route.keep.slot] = route.keep.position;
    }
    held[route.to] = position + tokens;
    return route;
  }
  return { pass, rewind: (to: number) => slots.rewind(to) };
}

describe('the slots of recurrent states', () => {
  it('the states of single tokens, one after the other, stay in one slot', () => {
    const { pass, rewind } = sequence(3);
    pass(0, 1, 0);
    for (let position = 1; position < 5; position++) {
      expect(rewind(position)).toBe(position);
      expect(pass(position, 1, 0)).toEqual({ start: position, from: 0, to: 0, keep: undefined });
    }
  });

  it('a prompt can be gone back to before its last token, again and again, whatever was generated', () => {
    const { pass, rewind } = sequence(3);
    pass(0, 20, 20);
    pass(20, 10, 9);
    for (let time = 0; time < 3; time++) {
      for (let position = 30; position < 40; position++) pass(position, 1, 0);
      expect(rewind(29)).toBe(29);
      pass(29, 1, 0);
    }
  });

  it('refused guesses cost all tokens since the last certain token', () => {
    const { pass, rewind } = sequence(3);
    pass(0, 30, 29);
    // A certain token and four guesses, of which two come true.
    pass(30, 5, 0);
    expect(rewind(33)).toBe(30);
    pass(30, 8, 3);
    // No guess comes true: the copy is of the position before the certain token.
    expect(rewind(34)).toBe(33);
    pass(33, 6, 1);
    expect(rewind(35)).toBe(34);
    // The prompt is still there.
    expect(rewind(29)).toBe(29);
  });

  it('the prompts of a conversation replace each other, the earliest first', () => {
    const { pass, rewind } = sequence(3);
    pass(0, 10, 9);
    for (let position = 10; position < 15; position++) pass(position, 1, 0);
    pass(15, 10, 9);
    pass(25, 10, 9);
    expect(rewind(33)).toBe(24);
    expect(rewind(20)).toBe(0);
  });

  it('a rewind to a position before all kept states begins anew', () => {
    const { pass, rewind } = sequence(3);
    pass(0, 10, 9);
    expect(rewind(8)).toBe(0);
    pass(0, 3, 2);
    expect(rewind(3)).toBe(3);
  });

  it('a pass that failed leaves no states of its tokens behind', () => {
    const { pass, rewind } = sequence(3);
    pass(0, 10, 9);
    pass(10, 6, 5);
    // The pass of tokens 10 to 15 did not succeed, so the text ends at 10 at most.
    expect(rewind(10)).toBe(9);
  });

  it('with one slot, a sequence goes on from where it is, or begins anew', () => {
    const { pass, rewind } = sequence(1);
    expect(pass(0, 10, 9).keep).toBeUndefined();
    expect(rewind(10)).toBe(10);
    pass(10, 5, 0);
    expect(rewind(12)).toBe(0);
    pass(0, 4, 3);
  });

  it('after any passes and rewinds, the states are the states of the position', () => {
    let seed = 7;
    const below = (most: number) => (seed = (seed * 48_271) % 2_147_483_647) % most;
    for (const count of [1, 2, 3, 5]) {
      const { pass, rewind } = sequence(count);
      let position = 0;
      for (let step = 0; step < 2000; step++) {
        const to = below(4) === 0 ? below(position + 1) : position;
        const reached = rewind(to);
        expect(reached).toBeLessThanOrEqual(to);
        const tokens = to - reached + 1 + (below(2) === 0 ? 0 : below(6));
        pass(reached, tokens, Math.min(tokens, below(tokens + 1)));
        position = reached + tokens;
      }
    }
  });

  it('a pass from a position without states is refused', () => {
    expect(() => createRecurrentSlots(3).route(5, 1, 0)).toThrow(RangeError);
  });
});

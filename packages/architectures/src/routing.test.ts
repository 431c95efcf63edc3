import { describe, expect, it } from 'vitest';
import { chooseExperts, type Routing } from './routing.ts';

const softmax: Routing = { gate: 'softmax', normalized: true, scale: 1 };
const sigmoid: Routing = { gate: 'sigmoid', normalized: false, scale: 1 };
const scoresOf = (...values: number[]) => Float32Array.from(values, Math.log);
const logit = (p: number) => Math.log(p / (1 - p));

function numbersOf(chosen: readonly { readonly expert: number }[]): number[] {
  return chosen.map(({ expert }) => expert);
}

function expectShares(chosen: readonly { readonly share: number }[], shares: readonly number[]): void {
  expect(chosen).toHaveLength(shares.length);
  for (const [index, share] of shares.entries()) expect(chosen[index]?.share).toBeCloseTo(share, 6);
}

describe('softmax', () => {
  it('normalized, the shares of the chosen experts sum to one', () => {
    const chosen = chooseExperts(scoresOf(1, 6, 1, 2), 2, softmax);
    expect(numbersOf(chosen)).toEqual([1, 3]);
    expectShares(chosen, [0.75, 0.25]);
  });

  it('not normalized, each share is the softmax over all experts', () => {
    expectShares(chooseExperts(scoresOf(1, 6, 1, 2), 2, { ...softmax, normalized: false }), [0.6, 0.2]);
  });

  it('large scores do not overflow', () => {
    expectShares(chooseExperts(Float32Array.of(1e30, 0, 1e30), 2, softmax), [0.5, 0.5]);
  });
});

describe('sigmoid', () => {
  const scores = Float32Array.of(logit(0.9), logit(0.5), logit(0.6), logit(0.1));

  it('the shares are the affinities, times the scale', () => {
    const chosen = chooseExperts(scores, 2, { ...sigmoid, scale: 2.5 });
    expect(numbersOf(chosen)).toEqual([0, 2]);
    expectShares(chosen, [2.25, 1.5]);
  });

  it('a bias changes the choice of experts, but is not in their shares', () => {
    const chosen = chooseExperts(scores, 2, { ...sigmoid, normalized: true }, Float32Array.of(0, 0, -1, 2));
    expect(numbersOf(chosen)).toEqual([3, 0]);
    expectShares(chosen, [0.1, 0.9]);
  });

  it('shares are not divided by a sum that is nearly 0', () => {
    const chosen = chooseExperts(Float32Array.of(-100, -100), 1, { ...sigmoid, normalized: true });
    expectShares(chosen, [0]);
  });
});

describe('groups', () => {
  const grouped: Routing = { ...sigmoid, groups: { count: 3, used: 1 } };

  it('a group is rated by the sum of its two best experts', () => {
    // The first group has the best expert. The last group has the two experts with the highest sum.
    const affinities = [0.9, 0.1, 0.1, 0.5, 0.4, 0.3, 0.6, 0.55, 0.01];
    const chosen = chooseExperts(Float32Array.from(affinities, logit), 3, grouped);
    expect(numbersOf(chosen)).toEqual([6, 7, 8]);
    expectShares(chosen, [0.6, 0.55, 0.01]);
  });

  it('a token may choose from the experts of several groups', () => {
    const affinities = [0.9, 0.2, 0.5, 0.4, 0.6, 0.45];
    const routing = { ...sigmoid, groups: { count: 3, used: 2 } };
    expect(numbersOf(chooseExperts(Float32Array.from(affinities, logit), 3, routing))).toEqual([0, 4, 5]);
  });

  it('a bias changes which groups are best', () => {
    const affinities = [0.9, 0.2, 0.5, 0.4, 0.6, 0.45];
    const bias = Float32Array.of(0, 0, 1, 1, 0, 0);
    const routing = { ...sigmoid, groups: { count: 3, used: 1 } };
    expect(numbersOf(chooseExperts(Float32Array.from(affinities, logit), 2, routing, bias))).toEqual([2, 3]);
  });
});

describe('equal experts', () => {
  it('the experts with the lower numbers are chosen', () => {
    expect(numbersOf(chooseExperts(new Float32Array(8), 3, softmax))).toEqual([0, 1, 2]);
    expect(numbersOf(chooseExperts(Float32Array.of(1, 2, 1, 2, 2), 4, softmax))).toEqual([1, 3, 4, 0]);
  });

  it('a token can use all experts, or only one of several experts', () => {
    expect(numbersOf(chooseExperts(Float32Array.of(3, 1, 2), 3, softmax))).toEqual([0, 2, 1]);
    expect(numbersOf(chooseExperts(Float32Array.of(3, 1, 7), 1, softmax))).toEqual([2]);
  });
});

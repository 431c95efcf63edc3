import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { mergePairs, type PairMerge } from './merge-pairs.ts';

// The literal definition: look at all pairs, join the cheapest and leftmost pair, start over.
function mergeLiterally(
  symbols: readonly number[],
  mergeOf: (left: number, right: number) => PairMerge | undefined,
): number[] {
  const result = symbols.slice();
  for (;;) {
    let bestAt = -1;
    let best: PairMerge | undefined;
    for (let at = 0; at + 1 < result.length; at++) {
      const merge = mergeOf(result[at] ?? -1, result[at + 1] ?? -1);
      if (merge !== undefined && (best === undefined || merge.cost < best.cost)) [bestAt, best] = [at, merge];
    }
    if (best === undefined) return result;
    result.splice(bestAt, 2, best.symbol);
  }
}

it('mergePairs joins exactly the pairs that the definition of BPE joins', () => {
  const symbol = fc.nat({ max: 9 });
  const merges = fc.array(fc.tuple(symbol, symbol, fc.nat({ max: 5 }), symbol), { maxLength: 30 });
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 4 }), { maxLength: 40 }), merges, (symbols, merges) => {
      const table = new Map(merges.map(([a, b, cost, symbol]) => [a * 10 + b, { cost, symbol }]));
      const mergeOf = (a: number, b: number): PairMerge | undefined => table.get(a * 10 + b);
      expect(mergePairs(symbols, mergeOf)).toEqual(mergeLiterally(symbols, mergeOf));
    }),
    { numRuns: 2000 },
  );
});

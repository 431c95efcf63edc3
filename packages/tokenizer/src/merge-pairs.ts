// The core of BPE and of SentencePiece: join the best neighbouring pair repeatedly, until no pair can be joined. It works
// on symbol ids and knows nothing of text. The caller says which pairs can be joined, and how good each pair is.

/** The result of joining a neighbouring pair. A pair with a lower cost is joined sooner. */
export interface PairMerge {
  readonly cost: number;
  readonly symbol: number;
}

interface Candidate extends PairMerge {
  readonly left: number;
  readonly right: number;
  readonly leftSymbol: number;
  readonly rightSymbol: number;
}

function before(a: Candidate, b: Candidate): boolean {
  return a.cost < b.cost || (a.cost === b.cost && a.left < b.left);
}

function heapPush(heap: Candidate[], item: Candidate): void {
  let at = heap.length;
  heap.push(item);
  while (at > 0) {
    const parentAt = (at - 1) >> 1;
    const parent = heap[parentAt];
    if (parent === undefined || !before(item, parent)) break;
    heap[at] = parent;
    at = parentAt;
  }
  heap[at] = item;
}

function heapPop(heap: Candidate[]): Candidate | undefined {
  const top = heap[0];
  const item = heap.pop();
  if (item === undefined || heap.length === 0) return top;
  let at = 0;
  for (;;) {
    let childAt = 2 * at + 1;
    let child = heap[childAt];
    if (child === undefined) break;
    const other = heap[childAt + 1];
    if (other !== undefined && before(other, child)) {
      child = other;
      childAt++;
    }
    if (!before(child, item)) break;
    heap[at] = child;
    at = childAt;
  }
  heap[at] = item;
  return top;
}

/** Up to this many symbols, looking at all pairs each time is faster than a heap. Most words are shorter. */
const shortWord = 32;

function mergeShort(
  symbols: readonly number[],
  mergeOf: (left: number, right: number) => PairMerge | undefined,
): number[] {
  const left = symbols.slice();
  const merges: (PairMerge | undefined)[] = [];
  for (let at = 1; at < left.length; at++) merges.push(mergeOf(left[at - 1] ?? 0, left[at] ?? 0));
  for (;;) {
    let bestAt = -1;
    let best: PairMerge | undefined;
    for (let at = 0; at < merges.length; at++) {
      const merge = merges[at];
      if (merge !== undefined && (best === undefined || merge.cost < best.cost)) {
        best = merge;
        bestAt = at;
      }
    }
    if (best === undefined) return left;
    left[bestAt] = best.symbol;
    left.splice(bestAt + 1, 1);
    merges.splice(bestAt, 1);
    if (bestAt > 0) merges[bestAt - 1] = mergeOf(left[bestAt - 1] ?? 0, best.symbol);
    if (bestAt < merges.length) merges[bestAt] = mergeOf(best.symbol, left[bestAt + 1] ?? 0);
  }
}

/** Merging in progress. */
export interface Merging {
  /** Continues for at most this many steps; returns true when no pair is left to be joined. */
  run(steps: number): boolean;
  /** The remaining symbols, once `run` has returned true. */
  remaining(): number[];
}

/**
 * Joins pairs in order of cost, the leftmost first among equals, in O(n log n).
 *
 * @param symbols the symbols of a word, at least 0; not changed
 * @param mergeOf what two neighbours become; undefined if they stay apart
 * @returns the symbols that remain
 */
export function mergePairs(
  symbols: readonly number[],
  mergeOf: (left: number, right: number) => PairMerge | undefined,
): number[] {
  if (symbols.length <= shortWord) return mergeShort(symbols, mergeOf);
  const merging = startMerging(symbols, mergeOf);
  merging.run(Infinity);
  return merging.remaining();
}

/** As `mergePairs`, but in steps, for words of megabytes: other work can be done between two calls of `run`. */
export function startMerging(
  symbols: readonly number[],
  mergeOf: (left: number, right: number) => PairMerge | undefined,
): Merging {
  const count = symbols.length;
  const gone = -2;
  const symbolAt = Int32Array.from(symbols);
  const next = new Int32Array(count);
  const previous = new Int32Array(count);
  const heap: Candidate[] = [];
  /** The number of symbols that were already considered together with their predecessor. */
  let seen = 0;

  const consider = (left: number, right: number): void => {
    const leftSymbol = symbolAt[left] ?? gone;
    const rightSymbol = symbolAt[right] ?? gone;
    const merge = mergeOf(leftSymbol, rightSymbol);
    if (merge !== undefined) {
      heapPush(heap, { cost: merge.cost, symbol: merge.symbol, left, right, leftSymbol, rightSymbol });
    }
  };

  return {
    run(steps) {
      let stepsLeft = steps;
      for (; seen < count && stepsLeft > 0; seen++, stepsLeft--) {
        previous[seen] = seen - 1;
        next[seen] = seen + 1;
        if (seen > 0) consider(seen - 1, seen);
      }
      if (seen < count) return false;
      for (; stepsLeft > 0; stepsLeft--) {
        const best = heapPop(heap);
        if (best === undefined) return true;
        const { left, right } = best;
        // A candidate is stale as soon as either side has been joined with another symbol.
        if (symbolAt[left] !== best.leftSymbol || symbolAt[right] !== best.rightSymbol) continue;
        symbolAt[left] = best.symbol;
        symbolAt[right] = gone;
        const after = next[right] ?? count;
        next[left] = after;
        if (after < count) previous[after] = left;
        const earlier = previous[left] ?? -1;
        if (earlier >= 0) consider(earlier, left);
        if (after < count) consider(left, after);
      }
      return heap.length === 0;
    },
    remaining() {
      const result: number[] = [];
      for (let at = 0; at < count; at = next[at] ?? count) result.push(symbolAt[at] ?? gone);
      return result;
    },
  };
}

// Finds the best of many logits without sorting all of them: a vocabulary has up to 256,000 entries, and by default 40 of them
// are candidates.

/** Entries of the vocabulary with their logits, the best first; equal logits with the lower id first. */
export interface Candidates {
  /** Token ids, `length` of them valid. */
  readonly ids: Uint32Array;
  /** The logit of each of `ids`, in the order of `ids`. */
  readonly logits: Float64Array;
  length: number;
}

/** Room for candidates of a vocabulary, used again for every token. */
export function createCandidates(capacity: number): Candidates {
  return { ids: new Uint32Array(capacity), logits: new Float64Array(capacity), length: 0 };
}

// Whether entry A comes after entry B in the order of candidates: the heap keeps its worst entry on top.
function isWorse(logitA: number, idA: number, logitB: number, idB: number): boolean {
  return logitA < logitB || (logitA === logitB && idA > idB);
}

function siftDown(heap: Candidates, start: number, end: number, logit: number, id: number): void {
  const { ids, logits } = heap;
  let at = start;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= end) break;
    const right = child + 1;
    if (right < end && isWorse(logits[right] ?? 0, ids[right] ?? 0, logits[child] ?? 0, ids[child] ?? 0))
      child = right;
    if (!isWorse(logits[child] ?? 0, ids[child] ?? 0, logit, id)) break;
    logits[at] = logits[child] ?? 0;
    ids[at] = ids[child] ?? 0;
    at = child;
  }
  logits[at] = logit;
  ids[at] = id;
}

/**
 * Fills `into` with the `count` best of `logits`, sorted, in O(n + k log n) for the usual small k: most logits need one
 * comparison, with the worst of the best so far. `-Infinity` is no candidate.
 *
 * @param count at most the capacity of `into`
 */
export function selectTop(logits: ArrayLike<number>, count: number, into: Candidates): void {
  into.length = 0;
  let end = 0;
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id] ?? 0;
    if (logit === -Infinity) continue;
    if (end < count) {
      into.ids[end] = id;
      into.logits[end] = logit;
      end++;
      if (end === count) heapify(into, end);
    } else if (isWorse(into.logits[0] ?? 0, into.ids[0] ?? 0, logit, id)) {
      siftDown(into, 0, end, logit, id);
    }
  }
  if (end < count) heapify(into, end);
  into.length = end;
  sortHeap(into);
}

/** Sorts candidates whose logits have changed. */
export function sortCandidates(candidates: Candidates): void {
  heapify(candidates, candidates.length);
  sortHeap(candidates);
}

// Heapsort: the worst entry is moved to the end again and again. The entries are then sorted, the best first.
function sortHeap(heap: Candidates): void {
  const { ids, logits, length } = heap;
  for (let last = length - 1; last > 0; last--) {
    const logit = logits[last] ?? 0;
    const id = ids[last] ?? 0;
    logits[last] = logits[0] ?? 0;
    ids[last] = ids[0] ?? 0;
    siftDown(heap, 0, last, logit, id);
  }
}

function heapify(heap: Candidates, end: number): void {
  for (let at = (end >> 1) - 1; at >= 0; at--)
    siftDown(heap, at, end, heap.logits[at] ?? 0, heap.ids[at] ?? 0);
}

// The tokens that can still be chosen. At first they are the logits of the vocabulary, unsorted: steps that change a few logits
// or compare with a bound are applied to them as they are. The first step that wants an order sorts them.
import { createCandidates, selectTop, sortCandidates, type Candidates } from './top-candidates.ts';

/** What a chain of steps works on. A logit of `-Infinity` is no choice. */
export interface Choices {
  /** The choices, the best first. A step may lower `length`. */
  sorted(): Candidates;
  /** The best logit; `-Infinity` if there is no choice. */
  best(): number;
  /** Keeps the best `count` choices. */
  keepBest(count: number): void;
  /** Calls `visit` with the logit of each choice. */
  each(visit: (logit: number) => void): void;
  /** Takes out the choices whose logit is below `least`. */
  keepFrom(least: number): void;
  /** Takes out choices by their ids. */
  keep(isKept: (id: number) => boolean): void;
  /** Changes the logits of the choices that are keys of `changes`. */
  change<Value>(changes: ReadonlyMap<number, Value>, changed: (logit: number, value: Value) => number): void;
  /** Sorts the choices anew after a step wrote logits of `sorted()`. */
  sortAnew(): void;
  /** Divides the differences from the best logit. */
  divide(divisor: number): void;
  /**
   * Fills `weights` with the probabilities of `sorted()` times a common factor. The best choice weighs 1, so that no
   * exponential overflows.
   *
   * @returns the sum of the weights
   */
  weigh(): number;
  /** Room for `weigh`. */
  readonly weights: Float64Array;
}

/** Choices of a sampler, used again for every token. */
export interface ReusedChoices extends Choices {
  /** Begins with all logits of a row, which stays as it is. */
  begin(logits: Float32Array): void;
  /** Begins with the best logits and their ids, as `Encoder.topK` gives them. */
  beginSorted(logits: Float32Array, ids: Float32Array): void;
  /**
   * Takes out the tokens whose bit in `mask` is 0; bit `id % 32` of `mask[id >> 5]` is the bit of a token. Called before any step,
   * as long as the choices are a whole row.
   */
  keepAllowed(mask: Uint32Array): void;
}

/** The largest finite value of a row of logits. */
const LARGEST = 3.4e38;

/** Creates room for the choices of one sampler. */
export function createChoices(): ReusedChoices {
  /** The logits of the vocabulary as long as nothing has sorted them. */
  let row: Float32Array | undefined;
  /** Room for a row that steps have changed. */
  let copy = new Float32Array(0);
  let candidates = createCandidates(0);
  let weights = new Float64Array(0);
  /** What was taken from each logit of `candidates`. Only steps that ask for the sign of a logit need it. */
  let shift = 0;

  function reserve(count: number): void {
    if (candidates.ids.length >= count) return;
    candidates = createCandidates(count);
    weights = new Float64Array(count);
  }

  function sort(given: Float32Array, count: number): Candidates {
    reserve(count);
    selectTop(given, count, candidates);
    row = undefined;
    return candidates;
  }

  /** A row that may be changed. */
  function changeable(given: Float32Array): Float32Array {
    if (given === copy) return given;
    if (copy.length !== given.length) copy = new Float32Array(given.length);
    copy.set(given);
    row = copy;
    return copy;
  }

  function sorted(): Candidates {
    return row ? sort(row, row.length) : candidates;
  }

  function keep(isKept: (id: number) => boolean): void {
    sorted();
    let kept = 0;
    for (let at = 0; at < candidates.length; at++) {
      const id = candidates.ids[at] ?? 0;
      if (!isKept(id)) continue;
      candidates.ids[kept] = id;
      candidates.logits[kept] = candidates.logits[at] ?? 0;
      kept++;
    }
    candidates.length = kept;
  }

  return {
    begin(logits) {
      row = logits;
      shift = 0;
    },
    beginSorted(logits, ids) {
      row = undefined;
      shift = 0;
      reserve(logits.length);
      const forbidden = logits.indexOf(-Infinity);
      candidates.length = forbidden < 0 ? logits.length : forbidden;
      candidates.logits.set(logits);
      candidates.ids.set(ids);
    },
    sorted,
    keep,
    best() {
      if (!row) return candidates.length > 0 ? (candidates.logits[0] ?? 0) : -Infinity;
      let best = -Infinity;
      for (let id = 0; id < row.length; id++) best = Math.max(best, row[id] ?? -Infinity);
      return best;
    },
    keepBest(count) {
      if (row) sort(row, Math.min(count, row.length));
      else candidates.length = Math.min(count, candidates.length);
    },
    each(visit) {
      const [logits, length] = row ? [row, row.length] : [candidates.logits, candidates.length];
      for (let at = 0; at < length; at++) {
        const logit = logits[at] ?? -Infinity;
        if (logit > -Infinity) visit(logit);
      }
    },
    keepFrom(least) {
      if (row) {
        const changed = changeable(row);
        for (let id = 0; id < changed.length; id++)
          if ((changed[id] ?? -Infinity) < least) changed[id] = -Infinity;
      } else {
        let kept = candidates.length;
        while (kept > 0 && (candidates.logits[kept - 1] ?? 0) < least) kept--;
        candidates.length = kept;
      }
    },
    keepAllowed(mask) {
      if (!row) return;
      const changed = changeable(row);
      for (let first = 0; first < changed.length; first += 32) {
        const bits = mask[first >> 5] ?? 0;
        if (bits === 0xffff_ffff) continue;
        const end = Math.min(first + 32, changed.length);
        for (let id = first; id < end; id++) if (((bits >>> (id & 31)) & 1) === 0) changed[id] = -Infinity;
      }
    },
    change(changes, changed) {
      if (changes.size === 0) return;
      if (row) {
        const changing = changeable(row);
        for (const [id, value] of changes) {
          const logit = changing[id];
          if (logit !== undefined) changing[id] = bounded(changed(logit, value));
        }
        return;
      }
      let isSorted = true;
      for (let at = 0; at < candidates.length; at++) {
        const value = changes.get(candidates.ids[at] ?? 0);
        if (value === undefined) continue;
        candidates.logits[at] = bounded(changed((candidates.logits[at] ?? 0) + shift, value)) - shift;
        isSorted = false;
      }
      if (!isSorted) sortCandidates(candidates);
    },
    sortAnew() {
      sortCandidates(candidates);
    },
    divide(divisor) {
      const { logits, length } = sorted();
      const best = logits[0] ?? 0;
      for (let at = 0; at < length; at++) logits[at] = ((logits[at] ?? 0) - best) / divisor;
      shift = bounded((best + shift) / divisor);
    },
    weigh() {
      const { logits, length } = sorted();
      const best = logits[0] ?? 0;
      let total = 0;
      for (let at = 0; at < length; at++) {
        const weight = Math.exp((logits[at] ?? 0) - best);
        weights[at] = weight;
        total += weight;
      }
      return total;
    },
    get weights() {
      return weights;
    },
  };
}

/** The nearest finite logit; `-Infinity` stays. */
function bounded(logit: number): number {
  if (logit === -Infinity) return logit;
  return Math.min(LARGEST, Math.max(-LARGEST, logit));
}

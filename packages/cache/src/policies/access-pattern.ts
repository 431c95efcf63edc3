// Names the pattern of a stretch of accesses. The pattern depends on the distances between two uses of a key, and on how often
// each key is used. Decisions are made elsewhere.

/**
 * `loop`: keys return in turn, each as often as the other keys, even if several loops are interleaved. `scan`: most keys
 * never return. `backAndForth`: most keys return within a few accesses, as in 0 1 2 1 2 3 2 3 4. `skewed`: some keys are
 * used much more often than other keys. `random`: no other pattern. `unknown`: too few accesses were seen.
 */
export type AccessPattern = 'unknown' | 'loop' | 'scan' | 'backAndForth' | 'skewed' | 'random';

/** Summary of a stretch of accesses. */
export interface AccessSummary {
  readonly pattern: AccessPattern;
  /** Different keys used. */
  readonly distinct: number;
  /** Median number of accesses between two uses of a key. Above 32, the relative error is at most 1/16. */
  readonly medianReturn: number;
}

/** Watches one stretch of accesses after another. */
export interface AccessPatternWatch {
  /** Different keys seen in this stretch. */
  readonly distinct: number;
  /**
   * Notes one access: `returnedAfter` accesses after the key's last use (undefined for an unknown key), and after `uses`
   * uses of the key in this stretch.
   */
  note(returnedAfter: number | undefined, uses: number): void;
  /**
   * Names the pattern and begins a new stretch. Only one key in `keysPerSample` was noted; the distances count all
   * accesses.
   */
  finish(keysPerSample: number): AccessSummary;
}

/** In a scan, at most this share of the accesses are returns. */
const SCAN_RETURNS = 0.2;
/** In a loop, at least this share of the returns have the same distance, within an eighth. */
const LOOP_RETURNS = 0.8;
/**
 * The index of repetition: how often two random accesses are of one key, times the number of keys. The index is 1 for
 * keys drawn evenly at random, less if keys take turns, and more if some keys are preferred.
 */
const TURNS = 0.9;
const PREFERENCE = 1.3;

/** Distances up to this number are counted one by one, longer distances in 16 steps per doubling. */
const EXACT = 32;
const STEPS = 16;

/** A watch that has seen no access. */
export function watchAccessPattern(): AccessPatternWatch {
  let returns = 0;
  let accesses = 0;
  let distinct = 0;
  let pairs = 0;
  let distances = new Map<number, number>();

  function bucketOf(distance: number): number {
    return distance <= EXACT ? distance : EXACT + Math.round(STEPS * Math.log2(distance / EXACT));
  }
  function distanceOf(bucket: number): number {
    return bucket <= EXACT ? bucket : Math.round(EXACT * 2 ** ((bucket - EXACT) / STEPS));
  }
  function returnsBetween(from: number, to: number): number {
    let count = 0;
    for (const [bucket, n] of distances) {
      const distance = distanceOf(bucket);
      if (distance >= from && distance <= to) count += n;
    }
    return count;
  }
  function median(): number {
    let count = 0;
    for (const [bucket, n] of [...distances].sort(([a], [b]) => a - b)) {
      count += n;
      if (2 * count >= returns) return distanceOf(bucket);
    }
    return 0;
  }

  function name(medianReturn: number, allKeys: number): AccessPattern {
    if (accesses === 0) return 'unknown';
    if (returns <= SCAN_RETURNS * accesses) return 'scan';
    const around = returnsBetween((medianReturn * 7) / 8, (medianReturn * 9) / 8);
    if (medianReturn >= allKeys / 2 && around >= LOOP_RETURNS * returns) return 'loop';
    const repetition = accesses < 2 ? 1 : (distinct * 2 * pairs) / (accesses * (accesses - 1));
    if (repetition > PREFERENCE) return 'skewed';
    if (returnsBetween(0, Math.max(2, allKeys / 8)) >= returns / 2) return 'backAndForth';
    return repetition < TURNS ? 'loop' : 'random';
  }

  return {
    get distinct() {
      return distinct;
    },
    note(returnedAfter, uses) {
      accesses += 1;
      if (uses === 0) distinct += 1;
      pairs += uses;
      if (returnedAfter === undefined) return;
      returns += 1;
      const bucket = bucketOf(returnedAfter);
      distances.set(bucket, (distances.get(bucket) ?? 0) + 1);
    },
    finish(keysPerSample) {
      const medianReturn = median();
      const allKeys = distinct * keysPerSample;
      const summary = { pattern: name(medianReturn, allKeys), distinct: allKeys, medianReturn };
      returns = accesses = distinct = pairs = 0;
      distances = new Map();
      return summary;
    },
  };
}

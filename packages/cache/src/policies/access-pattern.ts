// Names the pattern of a stretch of accesses by how long keys stay away and how often each is used. It names; it decides
// nothing.

/**
 * `loop`: keys come round in turn, each as often as the others, however many loops are interleaved.
 * `scan`: most keys are never seen again. `backAndForth`: most keys return within a few accesses of a longer way.
 * `skewed`: some keys are used much more often than others. `random`: none of these. `unknown`: too little seen.
 */
export type AccessPattern = 'unknown' | 'loop' | 'scan' | 'backAndForth' | 'skewed' | 'random';

/** What was seen of a stretch of accesses. */
export interface AccessSummary {
  readonly pattern: AccessPattern;
  /** Different keys used. */
  readonly distinct: number;
  /** The middle one of the distances, in accesses, after which keys returned; within 1/16 above 32. */
  readonly medianReturn: number;
}

/** Watches one stretch of accesses after another. */
export interface AccessPatternWatch {
  /** Different keys seen in this stretch. */
  readonly distinct: number;
  /**
   * One access: `returnedAfter` accesses since the key's last use, undefined for a key not known; `uses` of the key in
   * this stretch before this one.
   */
  note(returnedAfter: number | undefined, uses: number): void;
  /** Names what was seen and begins a new stretch. Only one key of `keysPerSample` was seen; all distances are true. */
  finish(keysPerSample: number): AccessSummary;
}

/** A scan: at most this share of the accesses are returns. */
const SCAN_RETURNS = 0.2;
/** A loop: at least this share of the returns come after one and the same distance, give or take an eighth. */
const LOOP_RETURNS = 0.8;
/**
 * The index of repetition: how often two accesses picked at random are of one key, times the number of keys. It is 1
 * for keys drawn evenly at random, less where they take turns, more where some are preferred.
 */
const TURNS = 0.9;
const PREFERENCE = 1.3;

/** Distances are counted one by one up to here, then in 16 steps per doubling. */
const EXACT = 32;
const STEPS = 16;

/** Nothing seen yet. */
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

// How soon keys come back at once, if they do: in back-and-forth access each key is used several times within a few
// accesses before it is left for long. A policy that believes a key is done with after one use has to know.

/** The longest visit that is looked for, in accesses. */
const LONGEST_VISIT = 16;

/** After so many returns the older ones count half. */
const REMEMBERED_RETURNS = 256;

/** Enough returns to say anything. */
const FEWEST_RETURNS = 16;

/** Watches after how many accesses keys return. */
export interface VisitLength {
  /** A key returned `distance` accesses after its use before. */
  returned(distance: number): void;
  /** Within this many accesses at least half of all uses are followed by another; 0 when most are not, or not yet known. */
  readonly accesses: number;
}

/** Nothing seen yet. */
export function visitLength(): VisitLength {
  const counts = new Float64Array(LONGEST_VISIT + 1);
  let total = 0;
  let accesses = 0;

  function measure(): number {
    let within = 0;
    for (let distance = 1; distance <= LONGEST_VISIT; distance += 1) {
      within += counts[distance] ?? 0;
      if (2 * within >= total) return distance;
    }
    return 0;
  }

  return {
    returned(distance) {
      total += 1;
      if (distance <= LONGEST_VISIT) counts[distance] = (counts[distance] ?? 0) + 1;
      if (total % FEWEST_RETURNS === 0) accesses = measure();
      if (total < REMEMBERED_RETURNS) return;
      total /= 2;
      for (const [distance, count] of counts.entries()) counts[distance] = count / 2;
    },
    get accesses() {
      return accesses;
    },
  };
}

// How soon keys return within a visit. In back-and-forth access each key is used several times within a few accesses,
// and then not for a long time. A policy that expects no second use of a key needs this number.

/** The longest visit that is recognised, in accesses. */
const LONGEST_VISIT = 16;

/** After this many returns, older returns count half. */
const REMEMBERED_RETURNS = 256;

/** The fewest returns from which a length is derived. */
const FEWEST_RETURNS = 16;

/** Watches after how many accesses keys return. */
export interface VisitLength {
  /** A key returned `distance` accesses after its previous use. */
  returned(distance: number): void;
  /**
   * The number of accesses within which at least half of all uses are followed by another use. 0 if most uses are not
   * followed by another use soon, or if too few returns were seen.
   */
  readonly accesses: number;
}

/** Creates a visit length without returns. */
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

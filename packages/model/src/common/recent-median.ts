// A measured value that follows lasting changes and ignores single interruptions.

/** How many values count: enough for a median that one interruption does not move. */
const VALUES = 5;

/** The median of the last few values. */
export interface RecentMedian {
  note(value: number): void;
  /** Undefined before the first value. */
  readonly value: number | undefined;
}

/** Creates a median without values. */
export function createRecentMedian(): RecentMedian {
  const values: number[] = [];
  return {
    note(value) {
      values.push(value);
      if (values.length > VALUES) values.shift();
    },
    get value() {
      return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
    },
  };
}

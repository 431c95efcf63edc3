// The hidden rows of a text that the MTP block has not seen yet: the newest rows, up to a fixed number.

/** Hidden rows of consecutive tokens. */
export interface HiddenRows {
  /** Index in the text of the token of the first row, or of the next row if there are no rows. */
  readonly first: number;
  /** Index in the text after the token of the last row. */
  readonly end: number;
  /**
   * Adds rows `[tokens, width]` of the tokens from index `start` on. They replace rows of the same tokens and of later tokens.
   * Rows before `first` are left out. If rows between are missing, earlier rows are forgotten.
   */
  add(rows: Float32Array, start: number): void;
  /** The rows of the tokens before index `to`, `[tokens, width]`; valid until the next call. */
  before(to: number): Float32Array;
  /** Forgets all rows. Rows of the tokens from index `to` on are to come. */
  clear(to: number): void;
}

/** An empty list of at most `mostRows` rows. */
export function createHiddenRows(width: number, mostRows: number): HiddenRows {
  const values = new Float32Array(mostRows * width);
  let first = 0;
  let count = 0;
  return {
    get first() {
      return first;
    },
    get end() {
      return first + count;
    },
    add(rows, start) {
      const seen = Math.max(0, first - start);
      const from = start + seen;
      const tokens = rows.length / width - seen;
      if (tokens <= 0) return;
      if (from > first + count) first = from;
      count = from - first;
      const tooMany = Math.max(0, count + tokens - mostRows);
      const dropped = Math.min(count, tooMany);
      values.copyWithin(0, dropped * width, count * width);
      count -= dropped;
      first += tooMany;
      const left = tooMany - dropped;
      values.set(rows.subarray((seen + left) * width), count * width);
      count += tokens - left;
    },
    before: (to) => values.subarray(0, (to - first) * width),
    clear(to) {
      first = to;
      count = 0;
    },
  };
}

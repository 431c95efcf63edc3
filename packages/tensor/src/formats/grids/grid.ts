// Grids: tables of value patterns. IQ1, IQ2 and IQ3 store the index of a pattern instead of its values. Grids are constants of
// the format. They are stored here as text with 2 or 3 bits per value, and expanded at their first use.

const symbols = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/**
 * A grid that is expanded at its first use.
 *
 * @param levels the values that occur in the grid, up to 8
 * @param packed a letter for each 6 bits. A letter holds three indices of levels, or two indices if there are more than 4
 * levels. The first index is in the lowest bits
 * @returns a function that gives the values of all patterns, one pattern after the other
 */
export function grid(levels: readonly number[], packed: string): () => Int8Array {
  let values: Int8Array | undefined;
  return () => (values ??= expand(levels, packed));
}

function expand(levels: readonly number[], packed: string): Int8Array {
  const bits = levels.length > 4 ? 3 : 2;
  const each = 6 / bits;
  const values = new Int8Array(packed.length * each);
  for (let i = 0; i < values.length; i++) {
    const symbol = symbols.indexOf(packed.charAt(Math.floor(i / each)));
    values[i] = levels[(symbol >> ((i % each) * bits)) & (2 ** bits - 1)] ?? 0;
  }
  return values;
}

// Rows of text, set in columns.

/**
 * Cells up to this many characters set the width of their column. A longer cell shifts only its own row. Otherwise one key of a
 * megabyte would pad every row to a megabyte.
 */
const MOST_PADDED = 80;

/** Each row as a line: indented, cells padded to their column's width, two spaces between them. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries())
      if (cell.length <= MOST_PADDED) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  }
  return rows.map((row) =>
    `  ${row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ')}`.trimEnd(),
  );
}

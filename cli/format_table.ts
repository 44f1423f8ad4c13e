/**
 * Rows of text in columns, two spaces apart. The columns from `numbersFrom` up
 * to, but not including, `numbersTo` are aligned to the right.
 */
export function formatTable(
  rows: readonly (readonly string[])[],
  numbersFrom = 0,
  numbersTo = 0,
): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    }
  }
  const pad = (cell: string, column: number) =>
    column >= numbersFrom && column < numbersTo
      ? cell.padStart(widths[column])
      : cell.padEnd(widths[column]);
  return rows.map((row) => row.map(pad).join("  ").trimEnd()).join("\n");
}

/** Prints a table line by line, for rows that arrive one at a time. */
export class TableLayout {
  readonly #widths: readonly number[];
  readonly #textColumns: number;

  /** Columns are `widths` wide; the first `textColumns` are aligned left. */
  constructor(widths: readonly number[], textColumns = 1) {
    this.#widths = widths;
    this.#textColumns = textColumns;
  }

  /** One line of the table. */
  line(cells: readonly string[]): string {
    const padded = cells.map((cell, column) =>
      column < this.#textColumns
        ? cell.padEnd(this.#widths[column])
        : cell.padStart(this.#widths[column])
    );
    return `| ${padded.join(" | ")} |`;
  }

  /** The line below the head. */
  rule(): string {
    return this.line(
      this.#widths.map((width, column) =>
        column < this.#textColumns
          ? "-".repeat(width)
          : "-".repeat(width - 1) + ":"
      ),
    );
  }
}

/** A Markdown table with aligned columns. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  textColumns = 1,
): string {
  const widths = head.map((cell, column) =>
    Math.max(3, cell.length, ...rows.map((row) => row[column].length))
  );
  const layout = new TableLayout(widths, textColumns);
  const lines = rows.map((row) => layout.line(row));
  return [layout.line(head), layout.rule(), ...lines].join("\n");
}

/** Three digits and a letter: `"1.42M"`. */
export function compact(value: number): string {
  if (!Number.isFinite(value)) return "-";
  // Rounded first: 999,600 is a million.
  const rounded = Number(value.toPrecision(3));
  if (rounded >= 1e6) return `${(rounded / 1e6).toPrecision(3)}M`;
  if (rounded >= 1e3) return `${(rounded / 1e3).toPrecision(3)}k`;
  return rounded.toPrecision(3);
}

/** Milliseconds to three digits. */
export function millis(value: number): string {
  if (!Number.isFinite(value)) return "-";
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

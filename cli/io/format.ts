const integers = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** A whole number with separators: `1,234,567`. */
export function formatCount(value: number): string {
  return integers.format(value);
}

/** A number of things: `1 byte`, `2 bytes`. */
export function formatAmount(
  count: number,
  thing: string,
  ending = "s",
): string {
  return `${formatCount(count)} ${thing}${count === 1 ? "" : ending}`;
}

/** `1 record`, `2 records`. */
export function formatRecords(count: number): string {
  return formatAmount(count, "record");
}

/** A duration in three digits with a fitting unit: `58.3 us`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return "-";
  if (ms < 0.9995) return `${threeDigits(ms * 1000)} us`;
  if (ms < 999.5) return `${threeDigits(ms)} ms`;
  return `${threeDigits(ms / 1000)} s`;
}

function threeDigits(value: number): string {
  if (value >= 99.95) return value.toFixed(0);
  return value.toFixed(value >= 9.995 ? 1 : 2);
}

/** A range of LSNs: `LSN 3 to 5`, or `LSN 3`; `""` if it is empty. */
export function formatRange(firstLsn: number, lastLsn: number): string {
  if (lastLsn < firstLsn) return "";
  return firstLsn === lastLsn
    ? `LSN ${firstLsn}`
    : `LSN ${firstLsn} to ${lastLsn}`;
}

/** A rate per second: `85.3`, `1,234`. */
export function formatRate(perSecond: number): string {
  return perSecond < 100 ? perSecond.toFixed(1) : formatCount(perSecond);
}

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

const SIZE_UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** A size in a fitting unit: `512 bytes`, `1.50 MiB`. */
export function formatSize(bytes: number): string {
  if (bytes < 1024) return formatAmount(bytes, "byte");
  let unit = 0;
  let value = bytes;
  for (; value >= 1023.5 && unit < SIZE_UNITS.length - 1; unit++) value /= 1024;
  return `${threeDigits(value)} ${SIZE_UNITS[unit]}`;
}

/** A span of time in a fitting unit: `3.20 s`, `5.0 min`, `2.5 h`, `7.0 d`. */
export function formatAge(ms: number): string {
  const age = Math.max(0, ms);
  if (age < 60_000) return formatDuration(age);
  if (age < 3_600_000) return `${(age / 60_000).toFixed(1)} min`;
  if (age < 86_400_000) return `${(age / 3_600_000).toFixed(1)} h`;
  return `${(age / 86_400_000).toFixed(1)} d`;
}

/** Texts come from files: they must not command a terminal. */
export function printable(line: string): string {
  // deno-lint-ignore no-control-regex
  return line.replaceAll(/[\x00-\x1f\x7f-\x9f]/g, "?");
}

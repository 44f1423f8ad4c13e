import type { AckLevel } from "../../writer/acks.ts";
import type { Acked } from "../append/ack_tracker.ts";

const integers = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** A whole number as people read it: `1,234,567`. */
export function formatCount(value: number): string {
  return integers.format(value);
}

/** How many of something: `1 byte`, `2 bytes`. */
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

/** A duration of `ms` as people read it, with three digits: `58.3 us`. */
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

/** LSNs from first to last: `LSN 3 to 5`, or `LSN 3`; `""` if there is none. */
export function formatRange(firstLsn: number, lastLsn: number): string {
  if (lastLsn < firstLsn) return "";
  return firstLsn === lastLsn
    ? `LSN ${firstLsn}`
    : `LSN ${firstLsn} to ${lastLsn}`;
}

/** So many a second, as people read it: `85.3`, `1,234`. */
export function formatRate(perSecond: number): string {
  return perSecond < 100 ? perSecond.toFixed(1) : formatCount(perSecond);
}

/** The result of an append, in a line. */
export function formatSummary(
  { firstLsn, records, bytes }: Acked,
  seconds: number,
  level: AckLevel,
): string {
  const range = formatRange(firstLsn, firstLsn + records - 1);
  const spent = seconds.toFixed(seconds < 10 ? 2 : 1);
  const pace = (count: number) => count / Math.max(seconds, 1e-3);
  const megabytes = pace(bytes) / 1e6;
  return `acked ${formatRecords(records)} (${level}), ` +
    `${formatAmount(bytes, "byte")}, in ${spent} s: ` +
    `${formatCount(pace(records))} records/s, ` +
    `${megabytes.toFixed(megabytes < 10 ? 1 : 0)} MB/s${range && `, ${range}`}`;
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

import type { AckLevel } from "../ack_level.ts";
import type { Acked } from "./ack_tracker.ts";
import { formatAmount, formatCount, formatRecords } from "./format_count.ts";
import { formatRange } from "./format_range.ts";

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

import type { AckLevel } from "../ack_level.ts";
import type { Acked } from "./ack_tracker.ts";
import { formatCount, formatRecords } from "./format_count.ts";

/** What an append has come to, in a line. */
export function formatSummary(
  { firstLsn, records, bytes }: Acked,
  seconds: number,
  level: AckLevel,
): string {
  const range = records === 0
    ? ""
    : `, LSN ${firstLsn} to ${firstLsn + records - 1}`;
  const spent = seconds.toFixed(seconds < 10 ? 2 : 1);
  const pace = (count: number) => count / Math.max(seconds, 1e-3);
  const megabytes = pace(bytes) / 1e6;
  return `acked ${formatRecords(records)} (${level}), ` +
    `${formatCount(bytes)} bytes, in ${spent} s: ${
      formatCount(pace(records))
    }/s, ` +
    `${megabytes.toFixed(megabytes < 10 ? 1 : 0)} MB/s${range}`;
}

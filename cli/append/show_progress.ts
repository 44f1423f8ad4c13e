import type { AckLevel } from "../../writer/acks.ts";
import { type CliIo, type Output, writeLine } from "../io/cli_io.ts";
import {
  formatAmount,
  formatCount,
  formatRange,
  formatRecords,
} from "../io/format.ts";
import type { Acked } from "./ack_tracker.ts";

/** Four times a second. */
const INTERVAL_MS = 250;
const CLEAR_LINE = "\r\x1b[K";

/**
 * Keeps a line about what was acknowledged up to date on a terminal, until
 * `end` erases it. Does nothing on any other output.
 */
export function showProgress(
  output: Output,
  acked: () => Acked,
): { end(): Promise<void> } {
  let before = { records: 0, at: performance.now() };
  return keepLine(output, () => {
    const { records } = acked();
    const at = performance.now();
    const rate = (records - before.records) / (at - before.at) * 1000;
    before = { records, at };
    return `acked ${formatRecords(records)}, ${formatCount(rate)}/s`;
  });
}

/** The same with any line, which may be empty. */
export function keepLine(
  output: Output,
  describe: () => string,
): { end(): Promise<void> } {
  if (!output.isTerminal) return { end: () => Promise.resolve() };
  const encoder = new TextEncoder();
  const show = async (text: string) => {
    await output.write(encoder.encode(CLEAR_LINE + text)).catch(() => {});
  };
  let shown = "";
  const timer = setInterval(() => {
    const text = describe();
    if (text !== shown) void show(shown = text);
  }, INTERVAL_MS);
  return {
    end() {
      clearInterval(timer);
      return show("");
    },
  };
}

/** The result of a run, in one line. */
export function formatSummary(
  { firstLsn, lastLsn, records, bytes }: Acked,
  seconds: number,
  level: AckLevel,
): string {
  const range = records === 0 ? "" : formatRange(firstLsn, lastLsn);
  const spent = seconds.toFixed(seconds < 10 ? 2 : 1);
  const pace = (count: number) => count / Math.max(seconds, 1e-3);
  const megabytes = pace(bytes) / 1e6;
  return `acked ${formatRecords(records)} (${level}), ` +
    `${formatAmount(bytes, "byte")}, in ${spent} s: ` +
    `${formatCount(pace(records))} records/s, ` +
    `${megabytes.toFixed(megabytes < 10 ? 1 : 0)} MB/s${range && `, ${range}`}`;
}

/**
 * Writes the result of a run: as a line on standard error, or as a JSON object
 * on standard output. Never rejects: a closed terminal does not need it.
 */
export async function writeSummary(
  { stdout, stderr }: Pick<CliIo, "stdout" | "stderr">,
  json: boolean,
  acked: Acked,
  { seconds, ack, ...more }: {
    readonly seconds: number;
    readonly ack: AckLevel;
    readonly [count: string]: number | string;
  },
): Promise<void> {
  const { firstLsn, lastLsn, records, bytes } = acked;
  const range = records === 0 ? {} : { firstLsn, lastLsn };
  const exact = Number(seconds.toFixed(3));
  const writing = json
    ? writeLine(
      stdout,
      JSON.stringify({
        records,
        bytes,
        ...range,
        ack,
        seconds: exact,
        ...more,
      }),
    )
    : writeLine(stderr, formatSummary(acked, seconds, ack));
  await writing.catch(() => {});
}

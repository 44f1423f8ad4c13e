import type { Acked } from "./ack_tracker.ts";
import type { Output } from "./cli_io.ts";
import { formatCount, formatRecords } from "./format_count.ts";

/** Four times a second. */
const INTERVAL_MS = 250;
const CLEAR_LINE = "\r\x1b[K";

/**
 * Keeps a line up to date on a terminal, and does nothing elsewhere. `end`
 * wipes it.
 */
export function showProgress(
  output: Output,
  acked: () => Acked,
): { end(): Promise<void> } {
  if (!output.isTerminal) return { end: () => Promise.resolve() };
  const encoder = new TextEncoder();
  const show = async (text: string) => {
    await output.write(encoder.encode(CLEAR_LINE + text)).catch(() => {});
  };
  let before = { records: 0, at: performance.now() };
  const timer = setInterval(() => {
    const { records } = acked();
    const at = performance.now();
    const rate = (records - before.records) / (at - before.at) * 1000;
    before = { records, at };
    void show(`acked ${formatRecords(records)}, ${formatCount(rate)}/s`);
  }, INTERVAL_MS);
  return {
    end() {
      clearInterval(timer);
      return show("");
    },
  };
}

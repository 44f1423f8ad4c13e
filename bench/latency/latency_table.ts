import { compact, markdownTable, millis } from "../report/markdown_table.ts";
import { median } from "../report/statistics.ts";
import { LATENCY_SHARES, type LatencySample } from "./latency_job.ts";

/** A setup that acknowledges less than this share of what comes is behind. */
const KEEPS_UP = 0.95;

/** What the rounds of one setup at one rate say together. */
export interface LatencyRow {
  readonly setup: string;
  readonly rate: number;
  /** Median of the rounds at each share, but the largest of the maxima. */
  readonly latencies: readonly number[];
  readonly ackedPerSecond: number;
  readonly keepsUp: boolean;
}

/** Puts the rounds together, in the order of the samples. */
export function toRows(samples: readonly LatencySample[]): LatencyRow[] {
  const keys = new Map<string, LatencySample[]>();
  for (const sample of samples) {
    const key = `${sample.setup} at ${sample.rate}`;
    keys.set(key, [...keys.get(key) ?? [], sample]);
  }
  return [...keys.values()].map((rounds) => {
    const [{ setup, rate }] = rounds;
    const acked = median(rounds.map(({ ackedPerSecond }) => ackedPerSecond));
    return {
      setup,
      rate,
      latencies: LATENCY_SHARES.map((share, index) => {
        const values = rounds.map(({ latencies }) => latencies[index]);
        return share === 1 ? Math.max(...values) : median(values);
      }),
      ackedPerSecond: acked,
      keepsUp: acked >= KEEPS_UP * rate,
    };
  });
}

/** A table for each rate, as Markdown. */
export function formatLatencies(rows: readonly LatencyRow[]): string {
  const rates = [...new Set(rows.map(({ rate }) => rate))];
  return rates.map((rate) => {
    const head = ["", "p50 ms", "p99 ms", "p99.9 ms", "max ms", "acked/s"];
    const cells = rows.filter((row) => row.rate === rate).map((row) => [
      row.setup,
      ...row.latencies.map(millis),
      compact(row.ackedPerSecond) + (row.keepsUp ? "" : " (overloaded)"),
    ]);
    return `\n${rate} records/s arrive:\n\n${markdownTable(head, cells)}`;
  }).join("\n");
}

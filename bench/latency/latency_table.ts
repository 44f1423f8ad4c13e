import {
  compact,
  markdownTable,
  millis,
} from "../../docs/figures/markdown_table.ts";
import type { Sample } from "../experiment.ts";
import { median } from "../report/statistics.ts";
import type { LatencyFound, LatencyJob } from "./worker.ts";

/** One measurement of one setup at one rate. */
export type LatencySample = Sample<LatencyJob, LatencyFound>;

/** The shares at which latencies are reported; the last is the maximum. */
export const LATENCY_SHARES: readonly number[] = [0.5, 0.99, 0.999, 1];

/** A setup that acknowledges less than this share of arrivals is overloaded. */
const KEEPS_UP = 0.95;

/** All rounds of one setup at one rate. */
export interface LatencyRow {
  readonly setup: string;
  readonly rate: number;
  /** Median of the rounds at each share; for the maximum, the largest. */
  readonly latencies: readonly number[];
  readonly ackedPerSecond: number;
  readonly keepsUp: boolean;
}

/** Combines the rounds, in the order of the samples. */
export function toRows(samples: readonly LatencySample[]): LatencyRow[] {
  const groups = Map.groupBy(
    samples,
    ({ setup, rate }) => `${setup} at ${rate}`,
  );
  return [...groups.values()].map((rounds) => {
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

/** One table for each rate, as Markdown. */
export function formatLatencies(rows: readonly LatencyRow[]): string {
  const head = ["", "p50 ms", "p99 ms", "p99.9 ms", "max ms", "acked/s"];
  const rates = Map.groupBy(rows, ({ rate }) => rate);
  return [...rates].map(([rate, ofRate]) => {
    const cells = ofRate.map((row) => [
      row.setup,
      ...row.latencies.map(millis),
      compact(row.ackedPerSecond) + (row.keepsUp ? "" : " (overloaded)"),
    ]);
    return `${rate} records/s arrive:\n\n${markdownTable(head, cells)}`;
  }).join("\n\n");
}

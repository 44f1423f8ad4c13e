import { quantile } from "../simulator/quantile.ts";
import type { Measurement } from "./measure.ts";

const COLUMNS = [
  ["policy", 29],
  ["records", 8],
  ["records/s", 10],
  ["p50 ms", 8],
  ["p99 ms", 8],
  ["rec/flush", 10],
  ["syncs", 7],
] as const;

/** The table's first line. */
export function formatHead(): string {
  return align(COLUMNS.map(([title]) => title));
}

/** The table's line for one policy. */
export function formatRow(name: string, measured: Measurement): string {
  const { records, elapsedMs, latencies, flushes, syncs } = measured;
  return align([
    name,
    String(records),
    (records / elapsedMs * 1000).toFixed(0),
    quantile(latencies, 0.5).toFixed(2),
    quantile(latencies, 0.99).toFixed(2),
    (records / flushes).toFixed(1),
    String(syncs),
  ]);
}

function align(cells: readonly string[]): string {
  const padded = cells.map((cell, index) => {
    const [, width] = COLUMNS[index];
    return index === 0 ? cell.padEnd(width) : cell.padStart(width);
  });
  return padded.join("");
}

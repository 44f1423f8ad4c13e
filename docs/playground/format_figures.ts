import { formatCount, formatDuration } from "../../cli/io/format.ts";
import type { Figures } from "../../cli/lab/candidates.ts";

/** A column of the table. */
export interface Column {
  readonly head: string;
  /** The head spelled out. */
  readonly title: string;
  /** Whether the least or the most is best. */
  readonly best: "least" | "most";
  of(figures: Figures): number;
  format(value: number): string;
}

/** The columns of the table, in order. */
export const COLUMNS: readonly Column[] = [
  latency("mean", "mean latency", ({ meanMs }) => meanMs),
  latency("p50", "median latency", ({ p50Ms }) => p50Ms),
  latency(
    "p99",
    "latency that 99 % of the appends are within",
    ({ p99Ms }) => p99Ms,
  ),
  latency(
    "p99.9",
    "latency that 99.9 % of the appends are within",
    ({ p999Ms }) => p999Ms,
  ),
  {
    head: "flushes/s",
    title: "flushes per second",
    best: "least",
    of: ({ flushesPerSecond }) => flushesPerSecond,
    format: formatRate,
  },
  {
    head: "rec/flush",
    title: "average records per flush",
    best: "most",
    of: ({ recordsPerFlush }) => recordsPerFlush,
    format: (value) => value < 1000 ? value.toFixed(1) : formatCount(value),
  },
  {
    head: "busy",
    title: "share of the time that the device is busy",
    best: "least",
    of: ({ busyShare }) => busyShare,
    format: (value) => `${(value * 100).toFixed(1)} %`,
  },
];

/** A cell of the table. */
export interface Cell {
  readonly text: string;
  /** Whether no other row reads better in this column. */
  readonly isBest: boolean;
}

/** The table's cells, row by row; cells that read the same are equally good. */
export function formatFigures(rows: readonly Figures[]): Cell[][] {
  const bests = COLUMNS.map(({ best, of, format }) => {
    const values = rows.map(of).filter((value) => !Number.isNaN(value));
    const choose = best === "least" ? Math.min : Math.max;
    return format(choose(...values));
  });
  return rows.map((row) =>
    COLUMNS.map(({ of, format }, index) => {
      const text = format(of(row));
      return { text, isBest: rows.length > 1 && text === bests[index] };
    })
  );
}

/** A duration as the page shows it. */
export function formatMs(ms: number): string {
  return formatDuration(ms).replace(" us", " µs");
}

/** A rate as the page shows it. */
export function formatRate(perSecond: number): string {
  return perSecond < 99.95 ? perSecond.toFixed(1) : formatCount(perSecond);
}

function latency(
  head: string,
  title: string,
  of: (figures: Figures) => number,
): Column {
  return { head, title, best: "least", of, format: formatMs };
}

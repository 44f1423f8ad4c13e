import type { Figures } from "../../cli/lab/candidates.ts";
import { formatCount, formatDuration } from "../../cli/io/format.ts";

/** A column of the table. */
export interface Column {
  readonly head: string;
  /** The words that the head stands for. */
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
  latency("p99", "latency of 99 in 100", ({ p99Ms }) => p99Ms),
  latency("p99.9", "latency of 999 in 1000", ({ p999Ms }) => p999Ms),
  {
    head: "flushes/s",
    title: "flushes a second",
    best: "least",
    of: ({ flushesPerSecond }) => flushesPerSecond,
    format: formatRate,
  },
  {
    head: "rec/flush",
    title: "records of a flush on average",
    best: "most",
    of: ({ recordsPerFlush }) => recordsPerFlush,
    format: (value) => value < 1000 ? value.toFixed(1) : formatCount(value),
  },
  {
    head: "busy",
    title: "share of the time in which the device is busy",
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

/** The table's cells, row by row; what reads the same is as good. */
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

import { formatCount, formatDuration } from "../../cli/io/format.ts";
import { type Figures, moneyPerMonth } from "../../cli/lab/candidates.ts";
import type { Goal, Spread } from "../../cli/lab/decide.ts";

/** A column of the table. */
export interface Column {
  readonly head: string;
  /** The head spelled out. */
  readonly title: string;
  /** Whether the least or the most is best. */
  readonly best: "least" | "most";
  /** The goal that this column is about, if there is one. */
  readonly goal?: Goal;
  of(figures: Figures): number;
  format(value: number): string;
}

const COLUMNS: readonly Column[] = [
  latency("mean", "mean latency", ({ meanMs }) => meanMs, "mean"),
  latency("p50", "median latency", ({ p50Ms }) => p50Ms),
  latency(
    "p99",
    "latency that 99 % of the appends are within",
    ({ p99Ms }) => p99Ms,
    "p99",
  ),
  latency(
    "p99.9",
    "latency that 99.9 % of the appends are within",
    ({ p999Ms }) => p999Ms,
  ),
  {
    head: "records/s",
    title: "records per second, until the last one is durable",
    best: "most",
    goal: "rate",
    of: ({ recordsPerSecond }) => recordsPerSecond,
    format: formatRate,
  },
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
    goal: "money",
    of: ({ recordsPerFlush }) => recordsPerFlush,
    format: formatSize,
  },
  {
    head: "busy",
    title: "share of the time that the device is busy",
    best: "least",
    of: ({ busyShare }) => busyShare,
    format: (value) => `${(value * 100).toFixed(1)} %`,
  },
];

const MONEY: Column = {
  head: "a month",
  title: "what the flushes of a month cost",
  best: "least",
  of: ({ moneyPerMonth }) => moneyPerMonth ?? NaN,
  format: (value) => value < 99.95 ? value.toFixed(2) : formatCount(value),
};

/** The columns of the table, in order; money only if flushes have a price. */
export function columnsFor(price: number): readonly Column[] {
  return price > 0 ? [...COLUMNS, MONEY] : COLUMNS;
}

/** A cell of the table. */
export interface Cell {
  readonly text: string;
  /** Whether no other row reads better in this column. */
  readonly isBest: boolean;
}

/** In a column whose figures differ by no more than this share, none is best. */
const ALIKE = 0.01;

/** The table's cells, row by row; cells that read the same are equally good. */
export function formatFigures(
  rows: readonly Figures[],
  price: number,
): Cell[][] {
  const priced = rows.map((row) => {
    const month = moneyPerMonth(row.flushesPerSecond, price);
    return { ...row, moneyPerMonth: month };
  });
  const columns = columnsFor(price).map(({ best, of, format }) => {
    const values = priced.map(of);
    const some = values.filter((value) => !Number.isNaN(value));
    const [least, most] = [Math.min(...some), Math.max(...some)];
    const bestText = format(best === "least" ? least : most);
    const differs = most > least * (1 + ALIKE);
    return values.map((value) => {
      const text = format(value);
      return { text, isBest: differs && text === bestText };
    });
  });
  return rows.map((_, row) => columns.map((cells) => cells[row]));
}

/** A figure of a goal, as `decide` measures it, in words of the table. */
export function formatGoal(goal: Goal, value: number): string {
  switch (goal) {
    case "rate":
      return formatRate(value);
    case "money":
      return formatSize(1000 / value);
    default:
      return formatMs(value);
  }
}

/** From the low end of a spread to its high end, as shown in the table. */
export function formatSpread(goal: Goal, { low, high }: Spread): string {
  // For money, few flushes for many records are many records for a flush.
  const ends = goal === "money" ? [high, low] : [low, high];
  const [from, to] = ends.map((end) => formatGoal(goal, end));
  const [digits, unit] = from.split(" ");
  return unit !== undefined && to.endsWith(unit)
    ? `${digits} – ${to}`
    : `${from} – ${to}`;
}

/** A duration as the page shows it. */
export function formatMs(ms: number): string {
  return formatDuration(ms).replace(" us", " µs");
}

/** A rate as the page shows it. */
export function formatRate(perSecond: number): string {
  return perSecond < 99.95 ? perSecond.toFixed(1) : formatCount(perSecond);
}

function formatSize(records: number): string {
  return records < 1000 ? records.toFixed(1) : formatCount(records);
}

function latency(
  head: string,
  title: string,
  of: (figures: Figures) => number,
  goal?: Goal,
): Column {
  return {
    ...{ head, title, best: "least", of, format: formatMs },
    ...(goal !== undefined && { goal }),
  };
}

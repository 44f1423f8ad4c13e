import {
  formatAmount,
  formatCount,
  formatDuration,
  formatRate,
  formatRecords,
  formatTable,
} from "../io/format.ts";
import type { Figures } from "./candidates.ts";
import type { TraceSummary } from "./describe_trace.ts";

/** What the lab found. */
interface LabReport {
  readonly trace: TraceSummary;
  /** In words, where the costs come from. */
  readonly costs: string;
  readonly rows: readonly Figures[];
}

/** The report as text. */
export function* formatLab(
  { trace, costs, rows }: LabReport,
): Generator<string> {
  const rate = trace.records / Math.max(trace.seconds, 1e-3);
  yield formatTable([
    [
      "trace",
      `${formatRecords(trace.records)} in ` +
      `${formatAmount(trace.appends, "append")}, ` +
      `${trace.seconds.toFixed(1)} s, ${formatCount(rate)} records/s`,
    ],
    ["costs", costs],
  ]);
  yield "";
  yield formatFigures(rows);
  for (const note of trace.notes) yield `\nNOTE: ${note}.`;
}

/** Figures as a table, one line per policy. */
export function formatFigures(rows: readonly Figures[]): string {
  const hasMoney = rows.some((row) => row.moneyPerMonth !== undefined);
  const head = [
    ...["policy", "p50", "p99", "p99.9", "max", "flushes/s", "rec/flush"],
    ...["busy", ...(hasMoney ? ["per month"] : [])],
  ];
  const lines = rows.map((row) => [
    row.name,
    ...[row.p50Ms, row.p99Ms, row.p999Ms, row.maxMs].map(formatDuration),
    formatRate(row.flushesPerSecond),
    row.recordsPerFlush.toFixed(1),
    `${(row.busyShare * 100).toFixed(1)} %`,
    ...(row.moneyPerMonth === undefined
      ? []
      : [formatMoney(row.moneyPerMonth)]),
  ]);
  return formatTable([head, ...lines], 1, head.length);
}

function formatMoney(amount: number): string {
  return amount < 100 ? amount.toFixed(2) : formatCount(amount);
}

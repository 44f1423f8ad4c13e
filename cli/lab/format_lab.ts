import {
  formatAmount,
  formatCount,
  formatDuration,
  formatRate,
  formatRecords,
  formatTable,
} from "../io/format.ts";
import { DEFAULT_POLICY, type Figures } from "./candidates.ts";
import type { Goal, Spread, Verdict } from "./decide.ts";
import {
  describeError,
  type ReplayError,
  type TraceSummary,
} from "./describe_trace.ts";

/** What the lab found. */
export interface LabReport {
  readonly trace: TraceSummary;
  /** In words, where the costs come from. */
  readonly costs: string;
  readonly seeds: number;
  /** What the log itself did, if the trace is complete. */
  readonly recorded?: Figures | undefined;
  readonly verdict: Verdict;
  /** A bound on p99 that was asked for, in ms. */
  readonly maxP99Ms?: number | undefined;
  /** How well the recorded policy is replayed, if it is known. */
  readonly error?: ReplayError | undefined;
}

/** The report as text. */
export function* formatLab(report: LabReport): Generator<string> {
  const { trace, costs, seeds, recorded, verdict, error } = report;
  const rate = trace.records / Math.max(trace.seconds, 1e-3);
  yield formatTable([
    [
      "trace",
      `${formatRecords(trace.records)} in ` +
      `${formatAmount(trace.appends, "append")}, ` +
      `${trace.seconds.toFixed(1)} s, ${formatCount(rate)} records/s; ` +
      `${Math.round(trace.waitedShare * 100)} % waited for an ack`,
    ],
    ["costs", costs],
    ["figures", `medians of ${formatAmount(seeds, "run")} with other seeds`],
  ]);
  yield "";
  yield formatVerdictTable(verdict, recorded);
  yield "";
  for (const sentence of describeVerdict(verdict, report.maxP99Ms)) {
    yield sentence;
  }
  if (error !== undefined) yield `\nNOTE: ${describeError(error)}.`;
  for (const note of trace.notes) yield `\nNOTE: ${note}.`;
}

/** The report as an object for `JSON.stringify`. */
export function labJson(report: LabReport): unknown {
  const { verdict, recorded, ...rest } = report;
  const { rows, ...decision } = verdictJson(verdict);
  const first = recorded === undefined ? [] : [recorded];
  return { ...rest, ...decision, rows: [...first, ...rows] };
}

/** A verdict as an object for `JSON.stringify`, with a row per policy. */
export function verdictJson({ standings, ...decision }: Verdict) {
  const rows = standings.map(({ figures, spread, isExcluded }) => ({
    ...figures,
    ...{ spread, isExcluded },
  }));
  return { ...decision, rows };
}

/** What each goal is called, and how its figure is written. */
const GOAL_TEXTS: Readonly<
  Record<Goal, { column: string; by: string; format: (n: number) => string }>
> = {
  mean: {
    ...{ column: "mean", by: "mean latency", format: formatDuration },
  },
  p99: { ...{ column: "p99", by: "p99", format: formatDuration } },
  rate: {
    column: "records/s",
    by: "records per second",
    format: (perSecond) => `${formatRate(perSecond)} records/s`,
  },
  money: {
    column: "cost",
    by: "flushes for the same records",
    format: (count) => `${count.toFixed(1)} flushes per 1,000 records`,
  },
};

/** Figures as a table, a line per policy; `first` is shown above them. */
export function formatVerdictTable(
  { goal, standings }: Verdict,
  first?: Figures,
): string {
  const all = [
    ...(first === undefined ? [] : [{ figures: first }]),
    ...standings,
  ];
  const hasMoney = all.some(({ figures }) =>
    figures.moneyPerMonth !== undefined
  );
  const head = [
    ...["policy", "mean", "p99", "p99.9", "records/s", "flushes/s"],
    ...["rec/flush", "busy", ...(hasMoney ? ["per month"] : [])],
    `${GOAL_TEXTS[goal].column} varies`,
  ];
  const lines = all.map((one) => [
    ...figureCells(one.figures),
    "spread" in one ? formatSpread(one.spread) : "",
    "isExcluded" in one && one.isExcluded ? "p99 is beyond the bound" : "",
  ]);
  return formatTable([head, ...lines], 1, head.length);
}

function figureCells(row: Figures): string[] {
  return [
    row.name,
    ...[row.meanMs, row.p99Ms, row.p999Ms].map(formatDuration),
    formatRate(row.recordsPerSecond),
    formatRate(row.flushesPerSecond),
    row.recordsPerFlush.toFixed(1),
    `${(row.busyShare * 100).toFixed(1)} %`,
    ...(row.moneyPerMonth === undefined
      ? []
      : [formatMoney(row.moneyPerMonth)]),
  ];
}

/** How far the goal's figure varies, as shares of its median. */
function formatSpread({ low, median, high }: Spread): string {
  const percent = (value: number) => {
    const share = Math.round((value / median - 1) * 100);
    return `${share > 0 ? "+" : ""}${share}`;
  };
  return `${percent(low)} to ${percent(high)} %`;
}

/** Sentences that say which policy is best, and how sure that is. */
export function* describeVerdict(
  verdict: Verdict,
  maxP99Ms?: number,
): Generator<string> {
  const { goal, standings, choice, alike, isBoundMissed } = verdict;
  const { by, format } = GOAL_TEXTS[isBoundMissed ? "p99" : goal];
  const show = (name: string) => {
    const { figures, spread } = standings.find((one) => one.name === name)!;
    return format(isBoundMissed ? figures.p99Ms : spread.median);
  };
  const within = maxP99Ms === undefined || isBoundMissed
    ? ""
    : `, with p99 within ${formatDuration(maxP99Ms)}`;
  if (isBoundMissed) {
    yield `No policy keeps p99 within ${formatDuration(maxP99Ms!)}; the ` +
      "lowest p99 decides.";
  }
  if (alike.length === 1) {
    const usual = standings.some(({ name }) => name === DEFAULT_POLICY) &&
        choice !== DEFAULT_POLICY
      ? `; "${DEFAULT_POLICY}", the default, has ${show(DEFAULT_POLICY)}`
      : "";
    yield `Best by ${by}${within}: "${choice}", clearly, with ` +
      `${show(choice)}${usual}.`;
  } else {
    yield `No clear winner by ${by}${within}: ${list(alike)} are alike. ` +
      `"${choice}" is the simplest within 10 % of the best, with ` +
      `${show(choice)}.`;
  }
  if (goal === "money" && maxP99Ms === undefined) {
    yield "Without --max-p99-ms, the fewest flushes win, however long appends " +
      "wait.";
  }
}

function list(names: readonly string[]): string {
  const quoted = names.map((name) => `"${name}"`);
  return `${quoted.slice(0, -1).join(", ")} and ${quoted.at(-1)}`;
}

function formatMoney(amount: number): string {
  return amount < 100 ? amount.toFixed(2) : formatCount(amount);
}

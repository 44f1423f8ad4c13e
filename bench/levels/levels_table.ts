import {
  compact,
  markdownTable,
  millis,
} from "../../docs/figures/markdown_table.ts";
import type { Sample } from "../experiment.ts";
import { median } from "../report/statistics.ts";
import {
  LEVEL_SHARES,
  type LevelsFound,
  type LevelsJob,
  NO_LOG,
} from "./levels_job.ts";

/** One measurement of one cell. */
export type LevelsSample = Sample<LevelsJob, LevelsFound>;

/** All rounds of one cell: medians, and the largest of the largest latencies. */
export interface LevelsCell extends LevelsFound {
  readonly level: string;
  /** What its column is called: place and flushing. */
  readonly column: string;
}

/** Combines the rounds, in the order of the samples. */
export function toCells(samples: readonly LevelsSample[]): LevelsCell[] {
  const groups = Map.groupBy(
    samples,
    (sample) => `${sample.level}: ${columnOf(sample)}`,
  );
  return [...groups.values()].map((rounds) => {
    const middle = (of: (sample: LevelsSample) => number) =>
      median(rounds.map(of));
    return {
      level: rounds[0].level,
      column: columnOf(rounds[0]),
      callersPerSecond: middle((sample) => sample.callersPerSecond),
      batchedPerSecond: middle((sample) => sample.batchedPerSecond),
      latencies: LEVEL_SHARES.map((share, index) =>
        share === 1
          ? Math.max(...rounds.map(({ latencies }) => latencies[index]))
          : middle(({ latencies }) => latencies[index])
      ),
    };
  });
}

/** What the column of a job is called. */
export function columnOf(
  { level, place, flushing }: Pick<LevelsJob, "level" | "place" | "flushing">,
): string {
  return level === NO_LOG ? NO_LOG : `${place}, ${flushing}`;
}

/** A figure that was expected of another engine, and what to compare it with. */
interface Estimate {
  readonly option: string;
  readonly estimate: string;
  readonly level: string;
  readonly place?: string;
}

/**
 * What the authors of an engine expected of it, whose log took 310,000 records
 * per second, one at a time.
 */
const ESTIMATES: readonly Estimate[] = [
  { option: "no log", estimate: "1.5M", level: NO_LOG },
  { option: "acks=0", estimate: "1.5M", level: "full, memory" },
  { option: "acks=1", estimate: "800k-1.2M", level: "normal, os" },
  { option: "acks=all", estimate: "200k-400k", level: "full, disk" },
  { option: "no sync", estimate: "1.0M-1.3M", level: "off, os" },
  {
    option: "in memory",
    estimate: "1.3M-1.5M",
    level: "full, disk",
    place: "tmpfs",
  },
];

/** The tables of one runtime, as Markdown. */
export function formatLevels(cells: readonly LevelsCell[]): string {
  const none = cells.find(({ level }) => level === NO_LOG);
  const logs = cells.filter(({ level }) => level !== NO_LOG);
  if (logs.length === 0) return "";
  const columns = [...new Set(logs.map(({ column }) => column))];
  const names = [...new Set(logs.map(({ level }) => level))];
  const table = (of: (cell: LevelsCell) => string) =>
    markdownTable(["synchronous, ack", ...columns], [
      ...names.map((name) => [
        name,
        ...columns.map((column) => {
          const cell = logs.find((one) =>
            one.level === name && one.column === column
          );
          return cell === undefined ? "-" : of(cell);
        }),
      ]),
      ...(none ? [[NO_LOG, ...columns.map(() => of(none))]] : []),
    ]);
  return [
    "Records/s, 64 callers of append:\n",
    table(({ callersPerSecond }) => compact(callersPerSecond)),
    "\nRecords/s, 32 senders of batches of 2,000:\n",
    table(({ batchedPerSecond }) => compact(batchedPerSecond)),
    "\nLatency at a fixed rate in ms, p50 / p99 / max:\n",
    table(({ latencies }) => latencies.map(millis).join(" / ")),
    ...(none ? ["\n" + formatEstimates(logs, none)] : []),
  ].join("\n");
}

function formatEstimates(
  logs: readonly LevelsCell[],
  none: LevelsCell,
): string {
  const rows = ESTIMATES.flatMap(
    ({ option, estimate, level, place = "disk" }) => {
      const found = level === NO_LOG
        ? [none]
        : logs.filter((one) =>
          one.level === level && one.column.startsWith(place)
        );
      return found.map(({ column, batchedPerSecond }) => {
        const name = column === NO_LOG ? NO_LOG : `${level}: ${column}`;
        const share = 100 * batchedPerSecond / none.batchedPerSecond;
        const rate = compact(batchedPerSecond);
        return [option, estimate, name, rate, `${share.toFixed(0)} %`];
      });
    },
  );
  const head = ["option", "estimate", "here", "records/s", "of no log"];
  return `Batches, next to the estimates for another engine:\n
${markdownTable(head, rows, 3)}`;
}

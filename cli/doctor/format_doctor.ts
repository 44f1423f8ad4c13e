import {
  formatAmount,
  formatCount,
  formatDuration,
  formatTable,
} from "../io/format.ts";
import type { Verdict } from "../lab/decide.ts";
import {
  describeError,
  type ReplayError,
  type TraceSummary,
} from "../lab/describe_trace.ts";
import { formatVerdictTable, verdictJson } from "../lab/format_lab.ts";
import {
  type Axis,
  axisFor,
  formatAxis,
  formatHistogram,
} from "./histogram.ts";
import type { Result } from "./measure_trials.ts";
import type { DirectoryInfo } from "./place.ts";
import type { Recommendation } from "./recommend.ts";
import { PAGE_BYTES, type Trial } from "./subject.ts";

/** Everything that the doctor found. */
export interface DoctorReport {
  readonly place: DirectoryInfo;
  /** Such as `"Node 20.20.2"`. */
  readonly runtime: string;
  readonly seconds: number;
  readonly results: readonly Result[];
  readonly warnings: readonly string[];
  /** What a trace decided, if one was given. */
  readonly replay?: DoctorReplay | undefined;
  readonly recommendation: Recommendation;
  /** Code that follows the recommendation. */
  readonly code: readonly string[];
}

/** What the doctor found with a trace's appends and the measured costs. */
export interface DoctorReplay {
  readonly trace: TraceSummary;
  readonly seeds: number;
  readonly verdict: Verdict;
  /** How well the recorded policy is replayed, if it is known. */
  readonly error?: ReplayError | undefined;
}

/** With fewer runs there is no 99th percentile. */
const LEAST_RUNS_FOR_P99 = 100;

/** The report as text. */
export function* formatDoctor(report: DoctorReport): Generator<string> {
  const { place, runtime, seconds, results, warnings, code } = report;
  yield formatTable([
    ["directory", place.path],
    ["file system", describeMount(place)],
    ["runtime", runtime],
    ["measured", `${results.length} ways, interleaved, for ${seconds} s`],
  ]);
  yield "";
  yield formatResults(results);
  yield "";
  const { replay } = report;
  if (replay !== undefined) {
    yield formatVerdictTable(replay.verdict);
    yield `medians of ${formatAmount(replay.seeds, "run")} with other seeds`;
    yield "";
    const error = replay.error === undefined
      ? []
      : [describeError(replay.error)];
    for (const note of [...error, ...replay.trace.notes]) {
      yield `NOTE: ${note}.`;
    }
    yield "";
  }
  for (const warning of warnings) yield `WARNING: ${warning}`;
  if (warnings.length > 0) yield "";
  yield "Recommended:";
  yield "";
  for (const line of code) yield `  ${line}`.trimEnd();
  yield "";
  for (const reason of report.recommendation.reasons) yield `- ${reason}`;
}

/** The report as an object for `JSON.stringify`, durations in ms. */
export function toJson(report: DoctorReport): unknown {
  const { results, replay, ...rest } = report;
  return {
    ...rest,
    ...(replay !== undefined && replayJson(replay)),
    results: results.map(({ trial, all }) => ({
      ...trial,
      runs: all.count,
      minMs: all.min,
      p50Ms: all.quantile(0.5),
      p90Ms: all.quantile(0.9),
      p99Ms: all.quantile(0.99),
      maxMs: all.max,
      meanMs: all.mean,
    })),
  };
}

function replayJson({ verdict, ...rest }: DoctorReplay) {
  return { ...rest, ...verdictJson(verdict) };
}

function describeMount({ mount, writeCache }: DirectoryInfo): string {
  if (mount === undefined) {
    return "unknown: cannot tell whether it is in memory or on a network";
  }
  const cache = writeCache === undefined
    ? ""
    : `, write cache: ${writeCache}${CACHE_NOTES[writeCache] ?? ""}`;
  return `${mount.type} on ${mount.source}${cache}`;
}

const CACHE_NOTES: Record<string, string | undefined> = {
  "write back": ", which a sync flushes",
  "write through": ", so there is nothing to flush",
};

function formatResults(results: readonly Result[]): string {
  const axis = axisFor(results.map(({ all }) => all));
  const pages = results.filter(({ trial }) => trial.bytes === PAGE_BYTES);
  const others = results.filter(({ trial }) => trial.bytes !== PAGE_BYTES);
  const head = ["p50", "p90", "p99", "max", "runs/s", formatAxis(axis)];
  return formatTable(
    [
      ["4 KiB written", ...head],
      ...pages.map((result) => formatResult(callLabel, result, axis)),
      [],
      ["other sizes"],
      ...others.map((result) => formatResult(sizeLabel, result, axis)),
    ],
    1,
    6,
  );
}

function formatResult(
  label: (trial: Trial) => string,
  { trial, all }: Result,
  axis: Axis,
): string[] {
  return [
    `  ${label(trial)}`,
    formatDuration(all.quantile(0.5)),
    formatDuration(all.quantile(0.9)),
    all.count < LEAST_RUNS_FOR_P99 ? "-" : formatDuration(all.quantile(0.99)),
    formatDuration(all.max),
    formatCount(1000 / all.mean),
    formatHistogram(all, axis),
  ];
}

const FILE_LABELS = { zeroed: "zero-filled", growing: "growing" };

const CALL_LABELS = {
  none: "not synced",
  blocking: "blocking",
  threaded: "threaded",
  worker: "worker",
};

function callLabel({ file, call }: Trial): string {
  return `${FILE_LABELS[file]}, ${CALL_LABELS[call]}`;
}

function sizeLabel({ file, bytes }: Trial): string {
  const size = bytes < 1024
    ? `${bytes} B`
    : bytes < 1024 ** 2
    ? `${bytes / 1024} KiB`
    : `${bytes / 1024 ** 2} MiB`;
  return `${FILE_LABELS[file]}, ${size}`;
}

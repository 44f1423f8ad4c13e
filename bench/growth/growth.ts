import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  compact,
  markdownTable,
  millis,
} from "../../docs/figures/markdown_table.ts";
import { defineExperiment, type Sample, type Task } from "../experiment.ts";
import { sharedOptions } from "../report/options.ts";
import {
  type CurveFound,
  type CurveJob,
  type CurvePoint,
  type OverloadFound,
  type OverloadJob,
  type OverloadPoint,
  overloadWays,
} from "./growth_job.ts";
import { drawCurves, drawOverload } from "./growth_plots.ts";

interface Setting {
  readonly records: number;
  readonly seconds: number;
  /** The queue bounds to overload. */
  readonly boundsMiB: readonly number[];
  readonly parts: readonly string[];
}

interface Result {
  readonly curves: readonly Sample<CurveJob, CurveFound>[];
  readonly overloads: readonly Sample<OverloadJob, OverloadFound>[];
}

const PARTS = [{ name: "curve" }, { name: "overload" }];
const MIB = 2 ** 20;

/** The experiment `bench:growth`. */
export const growth = defineExperiment<Setting, Result>({
  name: "growth",
  about: `Measures a growing log, and memory under overload.

The part "curve" appends durable batches and opens the log at 1, 2, 5, 10, ...
times 100,000 records. It really writes 100 B per record: 10 GB for --records
100000000. The part "overload" has producers that are faster than the disk.`,
  options: {
    records: {
      ...sharedOptions.records,
      help: "grow the log to N records",
      ...{ default: "10000000", quick: "10000" },
    },
    seconds: {
      ...sharedOptions.seconds,
      help: "overload the log for S seconds each time",
      ...{ default: "2", quick: "0.1" },
    },
    bound: {
      value: "MIB",
      help: "overload a log whose maxQueuedBytes is that many MiB",
      ...{ default: "1;4;16;64;256", quick: "1;16" },
      many: true,
    },
    only: { ...sharedOptions.only, help: "curve or overload; default: both" },
  },
  worker: "growth/worker.ts",
  timeoutMs: 1_800_000,
  read: (options) => ({
    records: options.number("records"),
    seconds: options.number("seconds"),
    boundsMiB: options.numbers("bound"),
    parts: options.only(PARTS).map(({ name }) => name),
  }),
  async measure(run, { parts, records, seconds, boundsMiB }) {
    const curves = run.runtimes.map((runtime): Task<CurveJob> => ({
      runtime,
      title: `growing a log to ${records} records`,
      job: { kind: "curve", records },
    }));
    const overloads = run.runtimes.flatMap((runtime) =>
      overloadWays.flatMap((way) =>
        boundsMiB.map((bound): Task<OverloadJob> => ({
          runtime,
          title: `overload by ${way}, ${bound} MiB`,
          job: {
            ...{ kind: "overload", way, seconds },
            maxQueuedBytes: bound * MIB,
          },
        }))
      )
    );
    const chosen = <T>(part: string, tasks: T[]) =>
      parts.includes(part) ? [tasks] : [];
    return {
      curves: await run.measure<CurveJob, CurveFound>(chosen("curve", curves)),
      overloads: await run.measure<OverloadJob, OverloadFound>(
        chosen("overload", overloads),
      ),
    };
  },
  format({ curves, overloads }, runtime) {
    const points = overloads.filter((point) => point.runtime === runtime);
    return [
      ...curves.filter((curve) => curve.runtime === runtime)
        .map((curve) => formatCurve(curve.points)),
      ...(points.length > 0 ? [formatOverload(points)] : []),
    ].join("\n\n");
  },
  async draw({ curves, overloads }, { out, subtitle }) {
    const files: string[] = [];
    function save(name: string, svg: string): void {
      files.push(join(out, name));
      writeFileSync(join(out, name), svg);
    }
    const byRuntime = curves.map(({ runtime, points }) => [runtime, points]);
    if (curves.length > 0) {
      const shown = Object.fromEntries(byRuntime);
      save("growth_curve.svg", await drawCurves(shown, [subtitle]));
    }
    if (overloads.length > 0) {
      save("growth_overload.svg", await drawOverload(overloads, [subtitle]));
    }
    return files;
  },
});

function formatCurve(points: readonly CurvePoint[]): string {
  return markdownTable(
    [
      ...["records", "ns/record", "log MiB", "segments", "open ms"],
      ...["tail MiB", "open after crash ms", "RSS MiB"],
    ],
    points.map((point) => [
      compact(point.records),
      point.nsPerRecord.toFixed(0),
      mebibytes(point.bytes),
      String(point.segments),
      millis(point.openMs),
      mebibytes(point.tailBytes),
      millis(point.openCrashedMs),
      mebibytes(point.residentBytes),
    ]),
    0,
  );
}

function formatOverload(points: readonly OverloadPoint[]): string {
  return markdownTable(
    [
      ...["producers", "maxQueued MiB", "records/s", "RSS before MiB"],
      ...["peak RSS MiB", "growth / maxQueued"],
    ],
    points.map((point) => [
      point.way,
      mebibytes(point.maxQueuedBytes),
      compact(point.recordsPerSecond),
      mebibytes(point.residentBefore),
      mebibytes(point.residentPeak),
      ((point.residentPeak - point.residentBefore) / point.maxQueuedBytes)
        .toFixed(1),
    ]),
  );
}

function mebibytes(bytes: number): string {
  return (bytes / MIB).toFixed(bytes < 10 * MIB ? 1 : 0);
}

import { markdownTable } from "../../docs/figures/markdown_table.ts";
import { defineExperiment, type Sample, type Task } from "../experiment.ts";
import { sharedOptions } from "../report/options.ts";
import type { LookupFound, LookupJob } from "./lookup_job.ts";

interface Shape {
  readonly name: string;
  readonly recordsPerFrame: number;
  readonly recordBytes: number;
}

interface Setting {
  readonly shapes: readonly Shape[];
  readonly megabytes: number;
  readonly calls: number;
  readonly openings: number;
}

type LookupSample = Sample<Shape & LookupJob, LookupFound>;

interface Result {
  readonly samples: readonly LookupSample[];
}

/** Shapes of frames: as they are with many callers, with one, and in bulk. */
const SHAPES: readonly Shape[] = [
  { name: "64 x 100 B", recordsPerFrame: 64, recordBytes: 100 },
  { name: "1 x 100 B", recordsPerFrame: 1, recordBytes: 100 },
  { name: "4096 x 1 KB", recordsPerFrame: 4096, recordBytes: 1020 },
];

/** The experiment `bench:lookup`. */
export const lookup = defineExperiment<Setting, Result>({
  name: "lookup",
  about: `Measures how long it takes to get any record.

It builds a log of frames of each shape, closes it, and opens it again. "First
get" is the first call after each opening; "poll the last" reads the frame that
was just appended. Pages are in the system's cache.`,
  options: {
    megabytes: {
      value: "MB",
      help: "size of each log",
      ...{ default: "1000", quick: "5" },
    },
    calls: {
      value: "N",
      help: "number of calls of each kind",
      ...{ default: "20000", quick: "200" },
    },
    openings: {
      value: "N",
      help: "how often the log is opened",
      ...{ default: "30", quick: "2" },
    },
    only: { ...sharedOptions.only, help: "measure only this shape of frames" },
  },
  runtimes: ["node", "deno", "bun"],
  worker: "lookup/worker.ts",
  timeoutMs: 1_800_000,
  read: (options) => ({
    shapes: options.only(SHAPES),
    megabytes: options.number("megabytes"),
    calls: options.number("calls"),
    openings: options.number("openings"),
  }),
  async measure(run, { shapes, ...amounts }) {
    const groups = shapes.map((shape) =>
      run.runtimes.map((runtime): Task<Shape & LookupJob> => ({
        runtime,
        title: `frames of ${shape.name}`,
        job: { ...shape, ...amounts, calls: callsOf(shape, amounts.calls) },
      }))
    );
    return {
      samples: await run.measure<Shape & LookupJob, LookupFound>(groups),
    };
  },
  format({ samples }, runtime) {
    return samples.filter((sample) => sample.runtime === runtime)
      .map(formatSample).join("\n\n");
  },
});

/** Fewer calls on large frames: each of them writes one. */
function callsOf({ recordsPerFrame, recordBytes }: Shape, calls: number) {
  const frameBytes = recordsPerFrame * recordBytes;
  return Math.ceil(Math.min(calls, calls * 32 * 1024 / frameBytes));
}

function formatSample(sample: LookupSample): string {
  const table = markdownTable(
    ["call", "calls", "p50 us", "p99 us", "p99.9 us"],
    sample.times.map((row) => [
      row.call,
      String(row.calls),
      ...[row.p50Us, row.p99Us, row.p999Us].map((us) => us.toFixed(1)),
    ]),
  );
  const mebibytes = (sample.largestBytes / 2 ** 20).toFixed(0);
  return `Frames of ${sample.name}: ${sample.records} records, ` +
    `${sample.segments} segments; the index of the largest, ${mebibytes} MiB, ` +
    `takes ${sample.indexBytes} bytes.\n\n${table}`;
}

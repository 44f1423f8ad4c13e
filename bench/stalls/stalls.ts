import {
  compact,
  markdownTable,
  millis,
} from "../../docs/figures/markdown_table.ts";
import { defineExperiment, type Sample, type Task } from "../experiment.ts";
import { sharedOptions } from "../report/options.ts";
import { median } from "../report/statistics.ts";
import { occasions, type StallsFound, type StallsJob } from "./stalls_job.ts";

type Setting = Omit<StallsJob, "occasion"> & {
  readonly rounds: number;
  readonly chosen: readonly StallsJob["occasion"][];
};

interface Result {
  readonly samples: readonly Sample<StallsJob, StallsFound>[];
}

const MB = 1e6;

/** The experiment `bench:stalls`. */
export const stalls = defineExperiment<Setting, Result>({
  name: "stalls",
  about: `Measures how long a log keeps the event loop from a timer of 1 ms.

The timer beats while nothing goes on, while something computes that gives way
every millisecond, while records are appended, while a log is read to which
records are appended, while one opens that was not closed, and while segments
are dropped. Small frames hold 1 record of 100 B, large ones 64.`,
  options: {
    rounds: { ...sharedOptions.rounds, ...{ default: "3", quick: "1" } },
    seconds: {
      value: "S",
      help: "wait, or only append, for S seconds",
      ...{ default: "2", quick: "0.1" },
    },
    read: {
      value: "MB",
      help: "read that many MB of records",
      ...{ default: "1000", quick: "1" },
    },
    log: {
      value: "MB",
      help: "read and open a log of that many MB of frames",
      ...{ default: "64", quick: "0.5" },
    },
    segments: {
      value: "N",
      help: "drop N segments",
      ...{ default: "10000", quick: "20" },
    },
    rate: {
      value: "N",
      help: "append N records per second",
      ...{ default: "10000", quick: "1000" },
    },
    only: { ...sharedOptions.only, help: `one of: ${occasions.join("; ")}` },
  },
  runtimes: ["node", "deno", "bun"],
  worker: "stalls/worker.ts",
  timeoutMs: 600_000,
  read: (options) => ({
    rounds: options.number("rounds"),
    seconds: options.number("seconds"),
    readBytes: options.number("read") * MB,
    logBytes: options.number("log") * MB,
    segments: options.number("segments"),
    rate: options.number("rate"),
    chosen: options.only(occasions.map((name) => ({ name })))
      .map(({ name }) => name),
  }),
  async measure(run, { rounds, chosen, ...sizes }) {
    const groups = chosen.map((occasion) =>
      run.runtimes.map((runtime): Task<StallsJob> => ({
        runtime,
        title: occasion,
        job: { occasion, ...sizes },
      }))
    );
    const samples = await run.measure<StallsJob, StallsFound>(groups, rounds);
    return { samples };
  },
  format({ samples }, runtime, { chosen }) {
    const rows = chosen.flatMap((occasion) => {
      const found = samples.filter((sample) =>
        sample.runtime === runtime && sample.occasion === occasion
      );
      return found.length === 0 ? [] : [[occasion, ...cellsOf(found)]];
    });
    return markdownTable(
      [
        ...["while", "longest gap ms", "p99.9 gap ms", "took ms"],
        ...["MB/s read", "records/s read", "records/s appended"],
      ],
      rows,
    );
  },
});

/** The worst of the longest gaps, and medians of the rest. */
function cellsOf(samples: readonly StallsFound[]): string[] {
  const middle = (pick: (sample: StallsFound) => number | undefined) => {
    const values = samples.flatMap((sample) => pick(sample) ?? []);
    return values.length === 0 ? undefined : median(values);
  };
  const bytes = middle(({ bytesPerSecond }) => bytesPerSecond);
  const counts = [
    middle(({ recordsPerSecond }) => recordsPerSecond),
    middle(({ appendedPerSecond }) => appendedPerSecond),
  ];
  return [
    millis(Math.max(...samples.map(({ longestMs }) => longestMs))),
    millis(middle(({ p999Ms }) => p999Ms)!),
    millis(middle(({ ms }) => ms)!),
    bytes === undefined ? "" : (bytes / MB).toFixed(0),
    ...counts.map((count) => count === undefined ? "" : compact(count)),
  ];
}

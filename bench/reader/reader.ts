import { markdownTable, millis } from "../../docs/figures/markdown_table.ts";
import { defineExperiment, type Sample, type Task } from "../experiment.ts";
import { sharedOptions } from "../report/options.ts";
import { median } from "../report/statistics.ts";
import { occasions, type ReaderFound, type ReaderJob } from "./reader_job.ts";

type Setting = Pick<ReaderJob, "seconds" | "rate"> & {
  readonly rounds: number;
  readonly chosen: readonly ReaderJob["occasion"][];
};

interface Result {
  readonly samples: readonly Sample<ReaderJob, ReaderFound>[];
}

const levels = ["disk", "os"] as const;

/** The experiment `bench:reader`. */
export const reader = defineExperiment<Setting, Result>({
  name: "reader",
  about: `Measures how soon a reader in another process shows a record.

One process appends records of 100 B, by one caller that waits for each to be on
disk; another one of the same runtime follows it, and notes when it is shown
each record. The time counts from the acknowledgement, and is 0 if the record is
shown before that. The CPU time is the follower's.`,
  options: {
    rounds: { ...sharedOptions.rounds, ...{ default: "3", quick: "1" } },
    seconds: {
      value: "S",
      help: "append, or do nothing, for S seconds",
      ...{ default: "5", quick: "0.3" },
    },
    rate: {
      value: "N",
      help: "append N records per second",
      ...{ default: "200", quick: "100" },
    },
    only: { ...sharedOptions.only, help: `one of: ${occasions.join("; ")}` },
  },
  runtimes: ["node", "deno", "bun"],
  worker: "reader/worker.ts",
  read: (options) => ({
    rounds: options.number("rounds"),
    seconds: options.number("seconds"),
    rate: options.number("rate"),
    chosen: options.only(occasions.map((name) => ({ name })))
      .map(({ name }) => name),
  }),
  async measure(run, { rounds, chosen, ...sizes }) {
    const groups = run.runtimes.map((runtime) =>
      chosen.flatMap((occasion) =>
        levels.map((level): Task<ReaderJob> => ({
          runtime,
          title: `${occasion}, at ${level}`,
          job: { occasion, level, ...sizes },
        }))
      )
    );
    const samples = await run.measure<ReaderJob, ReaderFound>(groups, rounds);
    return { samples };
  },
  format({ samples }, runtime, { chosen }) {
    const rows = chosen.flatMap((occasion) =>
      levels.flatMap((level) => {
        const found = samples.filter((sample) =>
          sample.runtime === runtime && sample.occasion === occasion &&
          sample.level === level
        );
        return found.length === 0 ? [] : [[occasion, level, ...cellsOf(found)]];
      })
    );
    return markdownTable(
      [
        ...["writer", "level", "records", "p50 ms", "p99 ms", "most ms"],
        "CPU of the follower",
      ],
      rows,
    );
  },
});

/** Medians of the rounds. */
function cellsOf(samples: readonly ReaderFound[]): string[] {
  const middle = (pick: (sample: ReaderFound) => number | undefined) => {
    const values = samples.flatMap((sample) => pick(sample) ?? []);
    return values.length === 0 ? "" : millis(median(values));
  };
  const records = median(samples.map(({ records }) => records));
  const cpu = median(samples.map(({ cpu }) => cpu));
  return [
    records === 0 ? "" : `${records}`,
    middle(({ p50Ms }) => p50Ms),
    middle(({ p99Ms }) => p99Ms),
    middle(({ mostMs }) => mostMs),
    `${(100 * cpu).toFixed(2)} %`,
  ];
}

import { compact, markdownTable } from "../../docs/figures/markdown_table.ts";
import { defineExperiment, type Sample, type Task } from "../experiment.ts";
import { versionOf } from "../packages.ts";
import { headerLine } from "../report/machine.ts";
import { sharedOptions } from "../report/options.ts";
import { median } from "../report/statistics.ts";
import {
  type Contender,
  contenders,
  type LevelFound,
  type LevelJob,
} from "./level_job.ts";

interface Setting {
  readonly contenders: readonly (typeof contenders)[number][];
  readonly rounds: number;
  readonly amounts: Omit<LevelJob, "contender">;
}

type LevelSample = Sample<LevelJob, LevelFound>;

interface Result {
  readonly samples: readonly LevelSample[];
}

/** The experiment `bench:level`. */
export const level = defineExperiment<Setting, Result>({
  name: "level",
  about: `Compares databases with the interface of abstract-level.

They are the example durable-level, classic-level and memory-level, with random
keys of 16 characters and values of 100, as UTF-8. 64 callers put, one at a
time each; 4 callers put batches of 100; 64 callers get; one iterates over 100
entries at a time. Then the database is closed, and opened again.`,
  options: {
    rounds: { ...sharedOptions.rounds, default: "5", quick: "1" },
    seconds: { ...sharedOptions.seconds, default: "0.5", quick: "0.1" },
    warm: { ...sharedOptions.warm, default: "0.3", quick: "0.05" },
    keys: {
      value: "N",
      help: "number of different keys",
      ...{ default: "100000", quick: "2000" },
    },
    only: { ...sharedOptions.only, help: "measure only this database" },
  },
  runtimes: ["node", "deno", "bun"],
  worker: "level/worker.ts",
  read: (options) => ({
    contenders: options.only(contenders),
    rounds: options.number("rounds"),
    amounts: {
      seconds: options.number("seconds"),
      warmSeconds: options.number("warm"),
      keys: options.number("keys"),
    },
  }),
  header: () =>
    ["classic-level", "memory-level"].map((name) =>
      headerLine("package", `${name} ${versionOf(name)}`)
    ),
  async measure(run, { contenders, rounds, amounts }) {
    const groups = run.runtimes.map((runtime) =>
      contenders.map(({ name }): Task<LevelJob> => ({
        runtime,
        title: name,
        job: { contender: name, ...amounts },
      }))
    );
    return { samples: await run.measure<LevelJob, LevelFound>(groups, rounds) };
  },
  format({ samples }, runtime) {
    const found = samples.filter((sample) => sample.runtime === runtime);
    const rows = contenders
      .map((contender) => rowOf(contender, found))
      .filter((row) => row.length > 0);
    return rows.length === 0 ? "" : markdownTable(HEAD, rows, 2);
  },
});

const HEAD = [
  ...["database", "a write survives", "puts/s", "in batches/s"],
  ...["gets/s", "iterated/s", "open ms"],
];

/** The medians of all rounds; nothing if it was not measured. */
function rowOf(
  { name, survives }: Contender,
  samples: readonly LevelSample[],
): string[] {
  const found = samples.filter(({ contender }) => contender === name);
  if (found.length === 0) return [];
  const middle = (of: (sample: LevelSample) => number) =>
    compact(median(found.map(of)));
  return [
    name,
    survives,
    middle(({ putsPerSecond }) => putsPerSecond),
    middle(({ batchedPerSecond }) => batchedPerSecond),
    middle(({ getsPerSecond }) => getsPerSecond),
    middle(({ iteratedPerSecond }) => iteratedPerSecond),
    middle(({ openMs }) => openMs ?? NaN),
  ];
}

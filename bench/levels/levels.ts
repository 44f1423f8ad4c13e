import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineExperiment, type Task } from "../experiment.ts";
import { describeRuntime } from "../process/runtime.ts";
import { makeScratch } from "../process/scratch.ts";
import { sharedOptions } from "../report/options.ts";
import {
  flushings,
  levels as allLevels,
  type LevelsFound,
  type LevelsJob,
  NO_LOG,
} from "./levels_job.ts";
import { drawLevels } from "./levels_plot.ts";
import {
  columnOf,
  formatLevels,
  type LevelsSample,
  toCells,
} from "./levels_table.ts";

type Setting = Omit<LevelsJob, "level" | "flushing" | "place"> & {
  readonly rounds: number;
  /** Names of levels. */
  readonly chosen: readonly string[];
  /** The directory in memory. */
  readonly memory: string;
};

interface Result {
  readonly samples: readonly LevelsSample[];
}

/** The experiment `bench:levels`. */
export const levels = defineExperiment<Setting, Result>({
  name: "levels",
  about: `Measures what each ack level costs at each setting of synchronous.

The same application runs on a log on the disk, on one in memory, and without a
log. It has 64 callers of append that each await their ack; 32 senders that copy
2,000 records and await appendBatch; and records that arrive at a fixed rate (an
open loop). Records have 100 B. In each round all settings take turns.`,
  options: {
    rounds: { ...sharedOptions.rounds, ...{ default: "3", quick: "1" } },
    seconds: {
      ...sharedOptions.seconds,
      help: "measure each of the three for S seconds",
      ...{ default: "0.7", quick: "0.05" },
    },
    warm: { ...sharedOptions.warm, ...{ default: "0.2", quick: "0.02" } },
    rate: {
      value: "N",
      help: "N records/s arrive in the open loop",
      default: "2000",
    },
    queue: {
      value: "N",
      help: "maxQueuedRecords for the batches; 64,000 wait at a time",
      default: "100000",
    },
    memory: {
      value: "DIR",
      help: "a directory in memory",
      default: "/dev/shm",
    },
    only: {
      ...sharedOptions.only,
      help: "measure only levels that begin with NAME, and no log",
    },
  },
  worker: "levels/worker.ts",
  read: (options) => ({
    rounds: options.number("rounds"),
    seconds: options.number("seconds"),
    warmSeconds: options.number("warm"),
    rate: options.number("rate"),
    maxQueuedRecords: options.number("queue"),
    chosen: options.only(allLevels).map(({ name }) => name),
    memory: options.text("memory")!,
  }),
  async measure(run, { rounds, chosen, memory, ...amounts }) {
    const { directory } = run;
    const tasks: Task<LevelsJob>[] = [];
    const add = (names: Pick<LevelsJob, "level" | "flushing" | "place">) => {
      const parent = names.place === "tmpfs" ? inMemory!.directory : directory;
      const title = columnOf(names) === NO_LOG
        ? NO_LOG
        : `${names.level}, ${columnOf(names)}`;
      const job = { ...names, ...amounts };
      for (const runtime of run.runtimes) {
        tasks.push({ runtime, title, job, parent });
      }
    };
    using inMemory = existsSync(memory)
      ? makeScratch("levels", memory)
      : undefined;
    const places = inMemory === undefined
      ? ["disk"] as const
      : ["disk", "tmpfs"] as const;
    for (const level of chosen) {
      for (const place of places) {
        for (const flushing of flushings) add({ level, place, flushing });
      }
    }
    add({ level: NO_LOG, place: "disk", flushing: "inline" });
    const samples = await run.measure<LevelsJob, LevelsFound>([tasks], rounds);
    return { samples };
  },
  format: ({ samples }, runtime) =>
    formatLevels(
      toCells(samples.filter((sample) => sample.runtime === runtime)),
    ),
  draw({ samples }, { out, runtimes, subtitle }) {
    const files: string[] = [];
    for (const runtime of runtimes) {
      const cells = toCells(
        samples.filter((sample) => sample.runtime === runtime),
      );
      if (cells.length === 0) continue;
      const file = join(out, `levels_${runtime}.svg`);
      const lines = [describeRuntime(runtime), subtitle];
      writeFileSync(file, drawLevels(cells, lines));
      files.push(file);
    }
    return Promise.resolve(files);
  },
});

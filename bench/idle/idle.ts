import { markdownTable } from "../../docs/figures/markdown_table.ts";
import { defineExperiment, type Sample, type Task } from "../experiment.ts";
import { sharedOptions } from "../report/options.ts";
import { median } from "../report/statistics.ts";
import type { IdleFound, IdleJob } from "./worker.ts";

interface Setting {
  readonly rounds: number;
  readonly seconds: number;
  readonly most: number;
}

interface Result {
  readonly samples: readonly Sample<IdleJob, IdleFound>[];
}

/** The experiment `bench:idle`. */
export const idle = defineExperiment<Setting, Result>({
  name: "idle",
  about: `Measures the CPU time of a process whose logs are open and idle.

A log in a directory looks once a second whether another process asks for its
status; with "status: false" it does not.`,
  options: {
    rounds: { ...sharedOptions.rounds, ...{ default: "3", quick: "1" } },
    seconds: {
      value: "S",
      help: "do nothing for S seconds",
      ...{ default: "10", quick: "0.1" },
    },
    logs: {
      value: "N",
      help: "open one log, and N",
      ...{ default: "1000", quick: "2" },
    },
  },
  runtimes: ["node", "deno", "bun"],
  worker: "idle/worker.ts",
  timeoutMs: 300_000,
  read: (options) => ({
    rounds: options.number("rounds"),
    seconds: options.number("seconds"),
    most: options.number("logs"),
  }),
  async measure(run, { rounds, seconds, most }) {
    const groups = run.runtimes.map((runtime) =>
      [1, most].flatMap((logs) =>
        [false, true].map((status): Task<IdleJob> => ({
          runtime,
          title: `${logs} logs, status: ${status}`,
          job: { logs, status, seconds },
        }))
      )
    );
    const samples = await run.measure<IdleJob, IdleFound>(groups, rounds);
    return { samples };
  },
  format({ samples }, runtime, { most }) {
    const cpuOf = (logs: number, status: boolean) => {
      const found = samples.filter((sample) =>
        sample.runtime === runtime && sample.logs === logs &&
        sample.status === status
      );
      return `${(100 * median(found.map(({ cpu }) => cpu))).toFixed(2)} %`;
    };
    return markdownTable(
      ["open logs", "CPU with status: false", "CPU by default"],
      [1, most].map((
        logs,
      ) => [`${logs}`, cpuOf(logs, false), cpuOf(logs, true)]),
    );
  },
});

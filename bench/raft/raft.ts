import { compact, markdownTable } from "../../docs/figures/markdown_table.ts";
import { defineExperiment, type Sample, type Task } from "../experiment.ts";
import { sharedOptions } from "../report/options.ts";
import { type RaftFound, type RaftJob, raftLoads } from "./raft_job.ts";

type RaftSample = Sample<RaftJob, RaftFound>;

interface Setting {
  readonly rounds: number;
  readonly sliceMs: number;
}

/** The experiment `bench:raft`. */
export const raft = defineExperiment<
  Setting,
  { readonly samples: readonly RaftSample[] }
>({
  name: "raft",
  about: `Compares the Raft log of docs/examples with a plain log.

Both append entries of 100 B durably, in one process and in turns; a ratio is
that of one round, and all figures are medians over the rounds.`,
  options: {
    rounds: { ...sharedOptions.rounds, ...{ default: "41", quick: "1" } },
    slice: {
      value: "MS",
      help: "how long each log appends in a round",
      ...{ default: "60", quick: "20" },
    },
  },
  runtimes: ["node", "deno", "bun"],
  worker: "raft/worker.ts",
  read: (options) => ({
    rounds: options.number("rounds"),
    sliceMs: options.number("slice"),
  }),
  async measure(run, setting) {
    const tasks = run.runtimes.map((runtime): Task<RaftJob>[] =>
      raftLoads.map(({ load, title }) => ({
        ...{ runtime, title },
        job: { load, ...setting },
      }))
    );
    return { samples: await run.measure<RaftJob, RaftFound>(tasks) };
  },
  format: ({ samples }, runtime) =>
    markdownTable(
      ["load", "plain log/s", "Raft log/s", "p50 ms", "ratio", "quartiles"],
      samples.filter((sample) => sample.runtime === runtime).map((sample) => [
        raftLoads.find(({ load }) => load === sample.load)!.title,
        compact(sample.plainPerSecond),
        compact(sample.raftPerSecond),
        sample.p50Ms.toFixed(3),
        sample.ratio.toFixed(2),
        sample.ratios.map((ratio) => ratio.toFixed(2)).join(" to "),
      ]),
    ),
});

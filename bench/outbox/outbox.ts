import { compact, markdownTable } from "../../docs/figures/markdown_table.ts";
import { defineExperiment, type Sample, type Task } from "../experiment.ts";
import { sharedOptions } from "../report/options.ts";
import type { OutboxFound, OutboxJob } from "./worker.ts";

type OutboxSample = Sample<OutboxJob, OutboxFound>;

/** The experiment `bench:outbox`. */
export const outbox = defineExperiment<
  OutboxJob,
  { readonly samples: readonly OutboxSample[] }
>({
  name: "outbox",
  about: `Measures the outbox of docs/examples: transfers, and deliveries.

Transfers are durable, each with its event. Deliveries do nothing; what is
measured is reading, and the commits of the cursor. All figures are medians over
the rounds, in which all cases take turns.`,
  options: {
    rounds: { ...sharedOptions.rounds, ...{ default: "5", quick: "1" } },
    events: {
      value: "N",
      help: "deliver N events, or a tenth with a commit for each",
      ...{ default: "5000", quick: "100" },
    },
    slice: {
      value: "MS",
      help: "how long each case transfers in a round",
      ...{ default: "200", quick: "20" },
    },
  },
  runtimes: ["node", "deno", "bun"],
  worker: "outbox/worker.ts",
  read: (options) => ({
    rounds: options.number("rounds"),
    events: options.number("events"),
    sliceMs: options.number("slice"),
  }),
  async measure(run, job) {
    const tasks = run.runtimes.map((runtime): Task<OutboxJob>[] => [
      { runtime, title: "outbox", job },
    ]);
    return { samples: await run.measure<OutboxJob, OutboxFound>(tasks) };
  },
  format: ({ samples }, runtime) =>
    markdownTable(
      ["what", "per second"],
      samples.filter((sample) => sample.runtime === runtime)
        .flatMap(({ cases }) =>
          cases.map(({ name, perSecond }) => [name, compact(perSecond)])
        ),
    ),
});

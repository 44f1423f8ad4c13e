import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineExperiment, type Task } from "../experiment.ts";
import { sharedOptions } from "../report/options.ts";
import { NO_LOG, setups } from "./setups.ts";
import { occasions, type ThreadFound, type ThreadJob } from "./thread_job.ts";
import { drawThread } from "./thread_plot.ts";
import { formatThread, type ThreadSample } from "./thread_table.ts";

type Setting = Omit<ThreadJob, "occasion" | "setup"> & {
  readonly rounds: number;
  readonly chosen: readonly ThreadJob["occasion"][];
};

interface Result {
  readonly samples: readonly ThreadSample[];
}

/** The experiment `bench:thread`. */
export const thread = defineExperiment<Setting, Result>({
  name: "thread",
  about: `Compares flushes on the event loop, on the pool and on a thread.

Records of 1 KB are enqueued in each beat of a timer of 1 ms, and the last of
them is awaited until it is on disk. While each sync takes longer, the delays of
the timer and the CPU time of the main thread are measured, at a lower rate and
without records the CPU time of all threads, and then the memory of a long queue
and how long opening and closing take.`,
  options: {
    rounds: { ...sharedOptions.rounds, ...{ default: "3", quick: "1" } },
    seconds: { ...sharedOptions.seconds, ...{ default: "6", quick: "0.2" } },
    rate: {
      value: "N",
      help: "enqueue N records/s while syncs are slow",
      ...{ default: "50000", quick: "5000" },
    },
    sync: {
      value: "MS",
      help: "each sync takes MS ms longer there, and with a long queue",
      default: "10",
    },
    steady: {
      value: "N",
      help: "enqueue N records/s at a moderate rate",
      ...{ default: "10000", quick: "1000" },
    },
    queued: {
      value: "N",
      help: "queue N records",
      ...{ default: "100000", quick: "1000" },
    },
    opens: {
      value: "N",
      help: "open and close N logs",
      ...{ default: "20", quick: "2" },
    },
    only: { ...sharedOptions.only, help: `one of: ${occasions.join("; ")}` },
  },
  runtimes: ["node", "deno", "bun"],
  worker: "thread/worker.ts",
  timeoutMs: 300_000,
  read: (options) => ({
    rounds: options.number("rounds"),
    seconds: options.number("seconds"),
    rate: options.number("rate"),
    syncMs: options.number("sync"),
    steadyRate: options.number("steady"),
    queued: options.number("queued"),
    opens: options.number("opens"),
    chosen: options.only(occasions.map((name) => ({ name })))
      .map(({ name }) => name),
  }),
  async measure(run, { rounds, chosen, ...amounts }) {
    const groups = chosen.map((occasion) =>
      setups.flatMap(({ name: setup }) =>
        run.runtimes.map((runtime): Task<ThreadJob> => ({
          runtime,
          title: `${occasion}: ${setup}`,
          job: { occasion, setup, ...amounts },
        }))
      )
    );
    const samples = await run.measure<ThreadJob, ThreadFound>(groups, rounds);
    return { samples };
  },
  format: ({ samples }, runtime) =>
    formatThread(samples.filter((sample) => sample.runtime === runtime)),
  draw({ samples }, { out, subtitle }) {
    const slow = samples.filter(({ occasion }) => occasion === "slow syncs");
    if (slow.every(({ setup }) => setup === NO_LOG)) return Promise.resolve([]);
    const file = join(out, "thread.svg");
    writeFileSync(file, drawThread(slow, [subtitle]));
    return Promise.resolve([file]);
  },
});

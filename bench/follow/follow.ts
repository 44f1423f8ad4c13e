import { compact, markdownTable } from "../../docs/figures/markdown_table.ts";
import { defineExperiment, type Sample, type Task } from "../experiment.ts";
import type { FollowFound, FollowJob } from "./follow_job.ts";

type FollowSample = Sample<FollowJob, FollowFound>;

interface Result {
  readonly samples: readonly FollowSample[];
}

/** The experiment `bench:follow`. */
export const follow = defineExperiment<FollowJob, Result>({
  name: "follow",
  about: `Measures what followers cost, and how long the last records take.

It appends durable records to several logs in turns: nobody follows the first,
others have 1 to 100 followers, each of which does nothing but count. A share is
that of the rate without followers, round by round; CPU time is that of the
whole process, for a flush of as many records as there are callers. Then it reads the last 50
records of a large log; pages are in the system's cache.`,
  options: {
    callers: {
      value: "C",
      help: "callers that append at the same time",
      ...{ default: "64", quick: "64" },
    },
    rounds: {
      value: "N",
      help: "number of rounds",
      ...{ default: "31", quick: "3" },
    },
    slice: {
      value: "MS",
      help: "how long each log is appended to in a round",
      ...{ default: "100", quick: "5" },
    },
    megabytes: {
      value: "MB",
      help: "size of the large log",
      ...{ default: "1000", quick: "5" },
    },
    calls: {
      value: "N",
      help: "number of calls that read the last records",
      ...{ default: "2000", quick: "50" },
    },
  },
  runtimes: ["node", "deno", "bun"],
  worker: "follow/worker.ts",
  timeoutMs: 600_000,
  read: (options) => ({
    callers: options.number("callers"),
    rounds: options.number("rounds"),
    sliceMs: options.number("slice"),
    megabytes: options.number("megabytes"),
    calls: options.number("calls"),
    ...{ recordsPerFrame: 64, recordBytes: 100 },
  }),
  async measure(run, job) {
    const tasks = run.runtimes.map((runtime): Task<FollowJob> => ({
      ...{ runtime, title: "followers", job },
    }));
    return { samples: await run.measure<FollowJob, FollowFound>([tasks]) };
  },
  format: ({ samples }, runtime) =>
    samples.filter((sample) => sample.runtime === runtime)
      .map(formatSample).join("\n\n"),
});

function formatSample(sample: FollowSample): string {
  const { rates, records, firstLastUs, lastUs, megabytes } = sample;
  const table = markdownTable(
    ["followers", "call", "records/s", "share", "CPU us a flush"],
    rates.map(({ followers, call, opsPerSecond, share, cpuUs }) => [
      ...[String(followers), call, compact(opsPerSecond), share.toFixed(3)],
      cpuUs.toFixed(0),
    ]),
  );
  return `${table}\n\nlast(50) of ${records} records, ${megabytes} MB: ` +
    `p50 ${lastUs.p50.toFixed(0)} us, p99 ${lastUs.p99.toFixed(0)} us, ` +
    `first call ${firstLastUs.toFixed(0)} us`;
}

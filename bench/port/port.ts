import { compact, markdownTable } from "../../docs/figures/markdown_table.ts";
import { defineExperiment, type Sample, type Task } from "../experiment.ts";
import { sharedOptions } from "../report/options.ts";
import type { CaseName, PortFound, PortJob, Side } from "./port_job.ts";

type PortSample = Sample<PortJob, PortFound>;

interface Result {
  readonly samples: readonly PortSample[];
}

interface Setting {
  readonly senders: number;
  readonly threads: number;
  readonly rounds: number;
  readonly sliceMs: number;
  readonly policies: readonly string[];
  readonly loads: readonly CaseName[];
}

/** The loads, and what a sender of each does. */
const loads: readonly { readonly name: CaseName; readonly title: string }[] = [
  { name: "append", title: "awaits each append of 100 B" },
  { name: "batch", title: "awaits each batch of 2000 x 100 B" },
  { name: "json", title: "JSON of 500 B, 16 in flight" },
];

/** The experiment `bench:port`. */
export const port = defineExperiment<Setting, Result>({
  name: "port",
  about: `Compares senders on several threads with as many on one.

All append to a log on disk, durably: on one side in the thread of the log, on
the other by ports. Both sides are in one process and take turns; a ratio is
that of one round, and all figures are medians over the rounds.`,
  options: {
    senders: {
      value: "N",
      help: "number of senders",
      ...{ default: "32", quick: "8" },
    },
    threads: {
      value: "N",
      help: "threads that they are on, besides that of the log",
      ...{ default: "4", quick: "2" },
    },
    rounds: { ...sharedOptions.rounds, ...{ default: "21", quick: "1" } },
    slice: {
      value: "MS",
      help: "how long each side appends in a round",
      ...{ default: "200", quick: "20" },
    },
    policy: {
      value: "NAME",
      help: "policy of the logs, such as leader:0.1",
      ...{ default: "leader", many: true },
    },
    only: sharedOptions.only,
  },
  runtimes: ["node", "deno", "bun"],
  worker: "port/worker.ts",
  timeoutMs: 600_000,
  read: (options) => ({
    senders: options.number("senders"),
    threads: options.number("threads"),
    rounds: options.number("rounds"),
    sliceMs: options.number("slice"),
    policies: options.list("policy"),
    loads: options.choose("only", loads).map(({ name }) => name),
  }),
  async measure(run, { policies, loads, ...sizes }) {
    const tasks = run.runtimes.map((runtime) =>
      policies.flatMap((policy) =>
        loads.map((load): Task<PortJob> => ({
          ...{ runtime, title: `${load}, ${policy}` },
          job: { load, policy, ...sizes },
        }))
      )
    );
    return { samples: await run.measure<PortJob, PortFound>(tasks) };
  },
  format: ({ samples }, runtime, { policies }) =>
    policies.map((policy) => {
      const shown = samples.filter((sample) =>
        sample.runtime === runtime && sample.policy === policy
      );
      return [`policy ${policy}`, formatTable(shown), ...shown.flatMap(limitOf)]
        .join("\n\n");
    }).join("\n\n"),
});

function formatTable(samples: readonly PortSample[]): string {
  const head = [
    ...["load", "threads", "records/s", "a flush", "p50 ms", "cores", "ratio"],
    "range",
  ];
  return markdownTable(
    head,
    samples.flatMap(({ load, threads, one, ports, ratio, ratios }) => {
      const { title } = loads.find(({ name }) => name === load)!;
      const range = ratios.map((each) => each.toFixed(2)).join("-");
      return [
        [title, "1", ...formatSide(one), "", ""],
        ["", `1+${threads}`, ...formatSide(ports), ratio.toFixed(2), range],
      ];
    }),
  );
}

/** What messages alone leave of the rate, if callers await each record. */
function limitOf(sample: PortSample): string[] {
  const { load, senders, threads, echoUs, one } = sample;
  if (load !== "append") return [];
  const limit = one.latencyMs / (one.latencyMs + echoUs / 1000);
  return [
    `Until ${threads} threads have answered an empty message: ` +
    `${
      echoUs.toFixed(0)
    } us. If ${senders} callers had to wait for that, and ` +
    `for nothing else that one thread has not, the ratio would be ` +
    `${limit.toFixed(2)}.`,
  ];
}

function formatSide(side: Side): string[] {
  const { recordsPerSecond, recordsPerFlush, latencyMs, cores } = side;
  return [
    compact(recordsPerSecond),
    compact(recordsPerFlush),
    latencyMs.toFixed(3),
    cores.toFixed(2),
  ];
}

import {
  compact,
  markdownTable,
  millis,
} from "../../docs/figures/markdown_table.ts";
import { defineExperiment, type Sample, type Task } from "../experiment.ts";
import { versionOf } from "../packages.ts";
import { commandFor, type RuntimeName } from "../process/runtime.ts";
import { headerLine } from "../report/machine.ts";
import { sharedOptions } from "../report/options.ts";
import { median, spread } from "../report/statistics.ts";
import type { SubjectName } from "./subjects.ts";
import type { StreamsFound, StreamsJob } from "./worker.ts";

interface Setting {
  readonly rounds: number;
  readonly seconds: number;
  readonly warm: number;
  readonly streams: number;
  readonly bytes: number;
}

/** On which runtime the store or the server was. */
interface Job extends StreamsJob {
  readonly host: RuntimeName;
}

type Measured = Sample<Job, StreamsFound>;

interface Result {
  readonly samples: readonly Measured[];
}

/** The experiment `bench:streams`. */
export const streams = defineExperiment<Setting, Result>({
  name: "streams",
  about: `Compares a server of Durable Streams on Syncline with the reference.

Each stream has one append in flight all the time: to the store in one process,
and by HTTP from another process. The example docs/examples/durable-streams has
one log; the file store of @durable-streams/server has a file for each stream,
which it syncs before it answers, and runs on Node. The client is on Node.`,
  options: {
    rounds: { ...sharedOptions.rounds, default: "5", quick: "1" },
    seconds: { ...sharedOptions.seconds, default: "2", quick: "0.3" },
    warm: { ...sharedOptions.warm, default: "1", quick: "0.2" },
    streams: { value: "N", help: "to N streams", default: "256" },
    bytes: { value: "N", help: "append messages of N bytes", default: "100" },
  },
  runtimes: ["node", "deno", "bun"],
  worker: "streams/worker.ts",
  read: (options) => ({
    rounds: options.number("rounds"),
    seconds: options.number("seconds"),
    warm: options.number("warm"),
    streams: options.number("streams"),
    bytes: options.number("bytes"),
  }),
  header: () => [
    headerLine("reference", `${versionOf("@durable-streams/server")}`),
    headerLine("hono", versionOf("hono", "..")),
  ],
  async measure(run, { rounds, ...load }) {
    const task = (
      role: StreamsJob["role"],
      subject: SubjectName,
      host: RuntimeName,
    ): Task<Job> => {
      const [...command] = commandFor(host, run.worker, {}).slice(0, -1);
      return {
        runtime: role === "store" ? host : "node",
        title: `${subject} ${role} (${host})`,
        job: { role, subject, host, command, ...load },
      };
    };
    const groups = (["store", "http"] as const).map((role) => [
      task(role, "reference", "node"),
      ...run.runtimes.map((host) => task(role, "syncline", host)),
    ]);
    return { samples: await run.measure<Job, StreamsFound>(groups, rounds) };
  },
  format({ samples }, runtime) {
    const rows = (["store", "http"] as const).flatMap((role) => {
      const of = (subject: SubjectName, host: RuntimeName) =>
        samples.filter((sample) =>
          sample.role === role && sample.subject === subject &&
          sample.host === host
        );
      const reference = of("reference", "node");
      const syncline = of("syncline", runtime);
      return [
        row(`reference, ${role}`, role, reference, reference),
        row(`Syncline, ${role}`, role, syncline, reference),
      ];
    });
    const head = ["", "appends/s", "ratio", "p50 ms", "p99 ms", "CPU us"];
    return markdownTable(head, rows);
  },
});

/** The ratio is the median of those to the reference in the same round. */
function row(
  name: string,
  role: StreamsJob["role"],
  samples: readonly Measured[],
  reference: readonly Measured[],
): string[] {
  const rates = samples.map((sample) => sample.appendsPerSecond);
  const ratios = samples.flatMap((sample) =>
    reference.filter(({ round }) => round === sample.round)
      .map((other) => sample.appendsPerSecond / other.appendsPerSecond)
  );
  return [
    name,
    `${compact(median(rates))} ±${(100 * spread(rates)).toFixed(0)} %`,
    median(ratios).toFixed(2),
    millis(median(samples.map(({ p50 }) => p50))),
    millis(median(samples.map(({ p99 }) => p99))),
    // By HTTP it would be that of the client.
    role === "store"
      ? median(samples.map(({ cpuUs }) => cpuUs)).toFixed(1)
      : "-",
  ];
}

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineExperiment, type Task } from "../experiment.ts";
import { describeRuntime } from "../process/runtime.ts";
import { sharedOptions } from "../report/options.ts";
import { drawLatencies } from "./latency_plot.ts";
import {
  formatLatencies,
  LATENCY_SHARES,
  type LatencySample,
  toRows,
} from "./latency_table.ts";
import { policySetup, setups } from "./setups.ts";
import type { LatencyFound, LatencyJob } from "./worker.ts";

interface Setting {
  readonly rounds: number;
  readonly rates: readonly number[];
  /** Names of setups. */
  readonly setups: readonly string[];
  readonly seconds: number;
  readonly warmSeconds: number;
  readonly bytes: number;
}

interface Result {
  readonly samples: readonly LatencySample[];
}

/** The experiment `bench:latency`. */
export const latency = defineExperiment<Setting, Result>({
  name: "latency",
  about: `Measures the latency of each policy at fixed rates of arrivals.

Records arrive at random, at the same average rate however long the acks take.
Latency counts from the instant at which a record was due (an open loop).`,
  options: {
    rounds: { ...sharedOptions.rounds, default: "3", quick: "1" },
    seconds: { ...sharedOptions.seconds, default: "2", quick: "0.1" },
    warm: { ...sharedOptions.warm, default: "0.5", quick: "0.05" },
    rate: {
      value: "N",
      help: "N records/s arrive",
      ...{ default: "1000;10000;50000", quick: "1000" },
      many: true,
    },
    bytes: { value: "N", help: "bytes of each record", default: "100" },
    only: { ...sharedOptions.only, quick: "floor;leader" },
    policy: {
      value: "POLICY",
      help: "measure only POLICY, such as leader:2 or bytes:64k,age:2",
      many: true,
    },
  },
  worker: "latency/worker.ts",
  read(options) {
    const policies = options.list("policy").map(policySetup);
    const chosen = policies.length > 0 ? policies : options.only(setups);
    return {
      rounds: options.number("rounds"),
      rates: options.numbers("rate"),
      setups: chosen.map(({ name }) => name),
      seconds: options.number("seconds"),
      warmSeconds: options.number("warm"),
      bytes: options.number("bytes"),
    };
  },
  async measure(run, { rounds, rates, setups, ...amounts }) {
    const groups = rates.map((rate) =>
      setups.flatMap((setup) =>
        run.runtimes.map((runtime): Task<LatencyJob> => ({
          runtime,
          title: `${rate}/s: ${setup}`,
          job: { setup, rate, ...amounts, shares: LATENCY_SHARES },
        }))
      )
    );
    const samples = await run.measure<LatencyJob, LatencyFound>(groups, rounds);
    return { samples };
  },
  format({ samples }, runtime) {
    return formatLatencies(
      toRows(samples.filter((sample) => sample.runtime === runtime)),
    );
  },
  async draw({ samples }, { out, runtimes, subtitle }) {
    const files: string[] = [];
    for (const runtime of runtimes) {
      // The plot has colors for the usual setups only.
      const chosen = samples.filter((sample) =>
        sample.runtime === runtime &&
        setups.some(({ name }) => name === sample.setup)
      );
      if (chosen.length === 0) continue;
      const lines = [describeRuntime(runtime), subtitle];
      const file = join(out, `latency_${runtime}.svg`);
      writeFileSync(file, await drawLatencies(toRows(chosen), lines));
      files.push(file);
    }
    return files;
  },
});

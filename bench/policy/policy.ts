import { compact, markdownTable } from "../../docs/figures/markdown_table.ts";
import { defineExperiment, type Sample } from "../experiment.ts";
import { sharedOptions } from "../report/options.ts";
import { median } from "../report/statistics.ts";
import type { PolicyFound, PolicyJob } from "./worker.ts";

interface Setting {
  readonly rounds: number;
  readonly flushes: number;
}

interface Result {
  readonly samples: readonly Sample<PolicyJob, PolicyFound>[];
}

const POLICIES = ["leader", "adaptive", "adaptive:20", "adaptive:100/1"];
const CALLERS = [1, 16, 64, 128, 1000];

/** The experiment `bench:policy`. */
export const policy = defineExperiment<Setting, Result>({
  name: "policy",
  about: `Measures the CPU time that a policy takes per flush.

No log is written: a program asks and tells the policy as the writer does, about
callers that each arrive in a turn of their own, on a device of 1 ms.`,
  options: {
    rounds: { ...sharedOptions.rounds, ...{ default: "3", quick: "1" } },
    flushes: {
      value: "N",
      help: "count N flushes",
      ...{ default: "20000", quick: "200" },
    },
  },
  worker: "policy/worker.ts",
  read: (options) => ({
    rounds: options.number("rounds"),
    flushes: options.number("flushes"),
  }),
  async measure(run, { rounds, flushes }) {
    const tasks = run.runtimes.flatMap((runtime) =>
      POLICIES.flatMap((policy) =>
        CALLERS.map((callers) => ({
          runtime,
          title: `${policy}, ${callers} callers`,
          job: { policy, callers, flushes },
        }))
      )
    );
    const all = Array.from({ length: rounds }, () => tasks);
    return { samples: await run.measure<PolicyJob, PolicyFound>(all) };
  },
  format({ samples }, runtime) {
    const own = samples.filter((sample) => sample.runtime === runtime);
    if (own.length === 0) return "";
    const rows = POLICIES.flatMap((policy) =>
      CALLERS.map((callers) => {
        const found = own.filter((sample) =>
          sample.policy === policy && sample.callers === callers
        );
        const of = (value: (found: PolicyFound) => number) =>
          compact(median(found.map(value)));
        return [
          policy,
          `${callers}`,
          of(({ flushUs }) => flushUs),
          of(({ p99Us }) => p99Us),
          of(({ p999Us }) => p999Us),
        ];
      })
    );
    return `us/flush: all calls for a flush together, without the loop around them.
p99, p99.9: of the single call that tells the policy of a flush.

${
      markdownTable(
        ["policy", "callers", "us/flush", "p99 us", "p99.9 us"],
        rows,
        1,
      )
    }`;
  },
});

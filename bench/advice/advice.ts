import { markdownTable, millis } from "../../docs/figures/markdown_table.ts";
import { defineExperiment, type Sample, type Task } from "../experiment.ts";
import { sharedOptions } from "../report/options.ts";
import { median, spread } from "../report/statistics.ts";
import {
  type AdviceFound,
  type AdviceJob,
  type Load,
  loads,
  type Tried,
} from "./advice_job.ts";

type Setting = Omit<AdviceJob, "load"> & { readonly chosen: readonly Load[] };

type AdviceSample = Sample<AdviceJob, AdviceFound>;

interface Result {
  readonly samples: readonly AdviceSample[];
}

/** The experiment `bench:advice`. */
export const advice = defineExperiment<Setting, Result>({
  name: "advice",
  about: `Compares the policy that a trace recommends with all others, for real.

For each load, a log records a trace under the default policy; its replay
recommends the policy with the lowest mean latency. Then every policy that it
was compared with is tried on the disk, in turns.`,
  options: {
    rounds: { ...sharedOptions.rounds, ...{ default: "3", quick: "1" } },
    seconds: { ...sharedOptions.seconds, ...{ default: "0.6", quick: "0.1" } },
    only: sharedOptions.only,
  },
  runtimes: ["node", "deno", "bun"],
  worker: "advice/worker.ts",
  timeoutMs: 120_000,
  read: (options) => ({
    rounds: options.number("rounds"),
    seconds: options.number("seconds"),
    chosen: options.only(loads),
  }),
  async measure(run, { chosen, rounds, seconds }) {
    const groups = chosen.map((load) =>
      run.runtimes.map((runtime): Task<AdviceJob> => ({
        runtime,
        title: load.name,
        job: { load, rounds, seconds },
      }))
    );
    return { samples: await run.measure<AdviceJob, AdviceFound>(groups) };
  },
  format({ samples }, runtime) {
    const own = samples.filter((sample) => sample.runtime === runtime);
    if (own.length === 0) return "";
    const near = own.filter((sample) => rate(sample).worse <= NEAR).length;
    const beaten = own.filter(isBeaten).length;
    const errors = (pick: (error: AdviceFound["error"]) => number) =>
      percent(median(own.map(({ error }) => Math.abs(pick(error)))));
    return markdownTable([
      ...["load", "recommended", "mean ms", "best", "mean ms", "worse by"],
      ...["varies", "replay mean", "replay p99"],
    ], own.map(cellsOf)) +
      `\n\n${near} of ${own.length} recommended policies are within 5 % of ` +
      `the best, and ${beaten} were worse by more than that in every round; ` +
      `the replay of the recorded policy is off by ` +
      `${errors(({ mean }) => mean)} in the mean and by ` +
      `${errors(({ p99 }) => p99)} at p99, in the median.`;
  },
});

/** Policies whose means differ by no more than this share are as good. */
const NEAR = 0.05;

/** Whether another policy was clearly better in every round. */
function isBeaten({ choice, tried }: AdviceSample): boolean {
  const chosen = tried.find(({ policy }) => policy === choice)!;
  return tried.some(({ meanMs }) =>
    meanMs.every((ms, round) => chosen.meanMs[round] > ms * (1 + NEAR))
  );
}

/**
 * The best policy for real, and by how much the recommended one is worse. The
 * round that was disturbed least counts: other programs only slow it down.
 */
function rate({ choice, tried }: AdviceSample) {
  const meanOf = (one: Tried) => Math.min(...one.meanMs);
  const best = tried.reduce((a, b) => meanOf(b) < meanOf(a) ? b : a);
  const chosen = tried.find(({ policy }) => policy === choice)!;
  const [bestMs, chosenMs] = [meanOf(best), meanOf(chosen)];
  return { best, bestMs, chosen, chosenMs, worse: chosenMs / bestMs - 1 };
}

function cellsOf(sample: AdviceSample): string[] {
  const { best, bestMs, chosen, chosenMs, worse } = rate(sample);
  const { choice, alike, error, load } = sample;
  return [
    load.name,
    alike.length === 1 ? choice : `${choice} (${alike.length} alike)`,
    millis(chosenMs),
    best.policy,
    millis(bestMs),
    percent(worse),
    `±${percent(spread(chosen.meanMs))}`,
    percent(error.mean),
    percent(error.p99),
  ];
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

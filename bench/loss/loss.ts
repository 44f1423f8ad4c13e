import { markdownTable } from "../../docs/figures/markdown_table.ts";
import { SeededRandom } from "../../random.ts";
import { defineExperiment, type Run, type Sample } from "../experiment.ts";
import { flushings, levels } from "../levels/levels_job.ts";
import { sharedOptions } from "../report/options.ts";
import { median, shuffled } from "../report/statistics.ts";
import { killWriter, type LossFound } from "./kill_writer.ts";
import type { LossJob } from "./loss_job.ts";

interface Setting {
  readonly kills: number;
  readonly lifeSeconds: number;
  readonly jobs: readonly LossJob[];
}

type LossSample = Sample<LossJob, LossFound>;

interface Result {
  readonly samples: readonly LossSample[];
}

/** A policy that leaves records in the queue for a while. */
const SLOW_POLICY = "count:1000,bytes:1m,age:10";

/** The level whose records a policy that waits puts at risk. */
const SLOW_LEVEL = "normal, memory";

/** The experiment `bench:loss`. */
export const loss = defineExperiment<Setting, Result>({
  name: "loss",
  about: `Measures what each setting loses when its process is killed.

A process appends numbered records at a steady rate and writes down each ack. It
is killed with SIGKILL at a random instant, and its log is opened. What a power
loss could have taken at that instant is not measured but computed: what was
acknowledged and not yet synced.`,
  options: {
    kills: {
      value: "N",
      help: "kill each setting N times",
      ...{ default: "20", quick: "2" },
    },
    life: {
      value: "S",
      help: "kill within S seconds, and not before a tenth of that",
      ...{ default: "2", quick: "0.3" },
    },
    rate: {
      value: "N",
      help: "append N records/s of 100 B",
      default: "5000",
    },
    only: {
      ...sharedOptions.only,
      help: "measure only levels that begin with NAME, such as off",
    },
  },
  worker: "loss/worker.ts",
  read(options) {
    const rate = options.number("rate");
    const jobs = options.only(levels).flatMap(({ name: level }) =>
      ["leader", ...(level === SLOW_LEVEL ? [SLOW_POLICY] : [])]
        .flatMap((policy) =>
          flushings.map((flushing): LossJob => (
            { level, flushing, policy, rate }
          ))
        )
    );
    const kills = options.number("kills");
    return { kills, lifeSeconds: options.number("life"), jobs };
  },
  measure: async (run, setting) => ({ samples: await killAll(run, setting) }),
  format({ samples }, runtime, { jobs }) {
    const rows = jobs.flatMap((job) => {
      const found = samples.filter((sample) =>
        sample.runtime === runtime && sample.level === job.level &&
        sample.flushing === job.flushing && sample.policy === job.policy
      );
      return found.length === 0 ? [] : [rowOf(job, found)];
    });
    if (rows.length === 0) return "";
    return `Records lost and ms since the ack of the oldest one, median / largest.

Killed process: measured. Power loss: acked and not yet synced at the kill.

${
      markdownTable(
        [
          ...["synchronous, ack", "flushing", "policy", "kills"],
          ...["killed process, records", "ms"],
          ...["power loss, records", "ms"],
        ],
        rows,
        3,
      )
    }`;
  },
});

/** One kill after the other, the settings in a different order each time. */
async function killAll(
  run: Run,
  { kills, lifeSeconds, jobs }: Setting,
): Promise<LossSample[]> {
  const random = new SeededRandom(1);
  const samples: LossSample[] = [];
  const pairs = jobs.flatMap((job) =>
    run.runtimes.map((runtime) => ({ runtime, job }))
  );
  const { worker, directory: parent, progress } = run;
  for (let round = 1; round <= kills; round++) {
    progress.step(`kill ${round} of ${kills} for each of ${pairs.length}`);
    for (const { runtime, job } of shuffled(pairs, random)) {
      const lifeMs = 1000 * lifeSeconds * (0.1 + 0.9 * random.next());
      const title = `${job.level}, ${job.flushing} on ${runtime}`;
      try {
        const site = { runtime, worker, parent, lifeMs };
        const found = await killWriter(site, job);
        samples.push({ runtime, round, ...job, ...found });
        requireKept(job, found);
      } catch (error) {
        run.failures++;
        progress.warn(`FAILED ${title}: ${error}`);
      }
    }
  }
  return samples;
}

/** Throws if a promise was broken. */
function requireKept({ level }: LossJob, { killed, wrong }: LossFound): void {
  if (wrong > 0) throw new Error(`${wrong} records are not what was appended`);
  if (killed.records === 0 || level.endsWith("memory")) return;
  throw new Error(`${killed.records} records are lost that must not be`);
}

function rowOf(
  { level, flushing, policy }: LossJob,
  samples: readonly LossSample[],
): string[] {
  const range = (of: (sample: LossSample) => number, digits: number) => {
    const values = samples.map(of);
    return [median(values), Math.max(...values)]
      .map((value) => value.toFixed(value === 0 ? 0 : digits)).join(" / ");
  };
  return [
    level,
    flushing,
    policy,
    `${samples.length}`,
    range(({ killed }) => killed.records, 0),
    range(({ killed }) => killed.oldestMs, 1),
    range(({ powerLoss }) => powerLoss.records, 0),
    range(({ powerLoss }) => powerLoss.oldestMs, 1),
  ];
}

import {
  compact,
  markdownTable,
  millis,
} from "../../docs/figures/markdown_table.ts";
import { defineExperiment, type Run, type Task } from "../experiment.ts";
import { sharedOptions } from "../report/options.ts";
import { admit } from "./admit.ts";
import { type Case, caseOption, cases } from "./case.ts";
import { canTrace } from "./check_syncs.ts";
import type { Contender } from "./contender.ts";
import { contenders } from "./contenders.ts";
import { floorOverwrite } from "./contenders/floors.ts";
import type { Duration } from "./measure.ts";
import { drawPeers } from "./plots.ts";
import type { Entrant, Sample } from "./sample.ts";
import { SampleGroup } from "./samples.ts";
import type { Measured } from "./stopwatch.ts";
import type { PeersJob } from "./worker.ts";

interface Setting extends Duration {
  readonly rounds: number;
  readonly cases: readonly Case[];
  readonly contenders: readonly Contender[];
  readonly isTrusted: boolean;
}

/** All samples, with what is needed to judge them. */
interface Result {
  readonly rounds: number;
  readonly seconds: number;
  readonly cases: readonly Case[];
  readonly entrants: readonly Entrant[];
  readonly samples: readonly Sample[];
}

/** The experiment `bench:peers`. */
export const peers = defineExperiment<Setting, Result>({
  name: "peers",
  about: `Compares Syncline with other ways to make records durable.

Every contender acknowledges a record only once it is on disk, and strace checks
that before the first round. The floor is a plain loop of write and fdatasync.`,
  options: {
    rounds: { ...sharedOptions.rounds, default: "5", quick: "1" },
    seconds: { ...sharedOptions.seconds, default: "0.5", quick: "0.05" },
    warm: { ...sharedOptions.warm, default: "0.3", quick: "0.05" },
    case: { ...caseOption, quick: "c64;b64" },
    only: sharedOptions.only,
    trust: { help: "do not trace the contenders' syncs first" },
  },
  worker: "peers/worker.ts",
  read: (options) => ({
    rounds: options.number("rounds"),
    seconds: options.number("seconds"),
    warmSeconds: options.number("warm"),
    cases: options.choose("case", cases),
    contenders: options.only(contenders),
    isTrusted: options.has("trust"),
  }),
  async measure(run, setting) {
    const { rounds, seconds, cases } = setting;
    const entrants = await admitAll(run, setting);
    const groups = cases.map((situation) =>
      tasksOf(situation, entrants, setting)
    );
    const samples = await run.measure<PeersJob, Measured>(groups, rounds);
    return { rounds, seconds, cases, entrants, samples };
  },
  format({ cases, entrants, samples }, runtime) {
    return formatTables(
      entrants.filter((one) => one.runtime === runtime),
      cases,
      samples.filter((one) => one.runtime === runtime),
    );
  },
  async draw({ samples, ...result }, { machine, runtimes, out }) {
    const files: string[] = [];
    for (const runtime of runtimes) {
      const chosen = samples.filter((sample) => sample.runtime === runtime);
      if (chosen.length === 0) continue;
      const source = { ...result, machine };
      files.push(...await drawPeers(source, chosen, runtime, out));
    }
    return files;
  },
});

async function admitAll(
  run: Run,
  { contenders, isTrusted }: Setting,
): Promise<Entrant[]> {
  const entrants: Entrant[] = [];
  const isTraced = !isTrusted && canTrace();
  if (!isTrusted && !isTraced) {
    run.progress.warn("SKIPPED the check of syncs: strace cannot run here");
  }
  for (const contender of contenders) {
    for (const runtime of run.runtimes) {
      run.progress.step(`checking ${contender.name} on ${runtime}`);
      const entrant = await admit(run, contender, runtime, isTraced);
      if (typeof entrant !== "string") entrants.push(entrant);
      else {
        const { name } = contender;
        run.progress.warn(`SKIPPED ${name} on ${runtime}: ${entrant}`);
      }
    }
  }
  return entrants;
}

function tasksOf(
  situation: Case,
  entrants: readonly Entrant[],
  { seconds, warmSeconds }: Duration,
): Task<PeersJob>[] {
  const names = contenders.filter(({ kinds }) => kinds.includes(situation.kind))
    .map(({ name }) => name);
  return entrants.filter(({ contender }) => names.includes(contender))
    .map(({ contender, runtime }) => ({
      runtime,
      title: `${situation.title}: ${contender}`,
      job: { contender, situation: situation.name, seconds, warmSeconds },
    }));
}

/** The tables of one runtime, as Markdown. */
function formatTables(
  entrants: readonly Entrant[],
  cases: readonly Case[],
  samples: readonly Sample[],
): string {
  if (samples.length === 0) return "";
  const names = entrants.map(({ contender }) => contender);
  const table = (cell: (group: SampleGroup) => string) =>
    markdownTable(
      ["", ...cases.map(({ title }) => title)],
      names.map((name) => [
        name,
        ...cases.map((situation) => {
          const group = new SampleGroup(samples, name, situation);
          return group.isEmpty ? "-" : cell(group);
        }),
      ]).filter(([, ...cells]) => cells.some((cell) => cell !== "-")),
    );
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  return [
    "Contenders, and whether a sync was seen before each ack:\n",
    markdownTable(
      ["", "how", "version", "syncs"],
      entrants.map((e) => [e.contender, e.how, e.version || "-", e.syncs]),
      4,
    ),
    "\nDurable records/s: median of the rounds ± half of their range:\n",
    table((group) => `${compact(group.ops)} ±${percent(group.spread)}`),
    warnOfNoise(cases, samples),
    "\nRecords/s in the median slice of 20 ms: without rare stalls, whether " +
    "a\nneighbour's or the contender's own:\n",
    table((group) => compact(group.typical)),
    "\nRecords/s in the best round, which a busy disk spoils least:\n",
    table((group) => compact(group.best)),
    "\nShare of the floor in the same round (overwriting zeros), median:\n",
    table((group) => group.ratio.toFixed(group.ratio < 0.1 ? 3 : 2)),
    "\nLatency in ms, p50 / p99; of whole batches in the batch cases:\n",
    table((group) =>
      `${millis(group.latency(0.5))} / ${millis(group.latency(0.99))}`
    ),
  ].filter((part) => part !== "").join("\n");
}

/** Beyond this, the disk was busy with other work, or is not steady. */
const UNSTEADY = 0.3;

/** A caution if the floor itself was not steady. */
function warnOfNoise(
  cases: readonly Case[],
  samples: readonly Sample[],
): string {
  const unsteady = cases.filter((situation) => {
    const floor = new SampleGroup(samples, floorOverwrite.name, situation);
    return !floor.isEmpty && floor.spread > UNSTEADY;
  });
  if (unsteady.length === 0) return "";
  const titles = unsteady.map(({ title }) => title).join(", ");
  return `\nCAUTION: the floor itself varied by more than ±30 % in ${titles}:\n` +
    "the disk was busy. Run this again when the machine is quiet.\n";
}

/**
 * Syncline beside what else makes records durable, on this disk, in one run.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makePlace, removePlace } from "../demo/place.ts";
import { Progress } from "../demo/progress.ts";
import { benchDir } from "./packages.ts";
import { bundleWorker } from "./process/bundle_worker.ts";
import { type Case, cases } from "./peers/case.ts";
import { contenders } from "./peers/contenders.ts";
import { enter } from "./peers/enter.ts";
import { drawPeers } from "./peers/plots.ts";
import { runRounds } from "./peers/rounds.ts";
import {
  describeRuntime,
  type RuntimeName,
  runtimeNames,
} from "./process/runtime.ts";
import type { Entrant, Sample } from "./peers/sample.ts";
import { formatTables } from "./peers/tables.ts";
import { begins, choose } from "./report/choose.ts";
import { describeMachine } from "./report/machine.ts";
import { type Options, takeOptions } from "./report/take_options.ts";

const ABOUT = "Syncline beside what else makes records durable. Options:";

const RULES = {
  rounds: { help: "how often all are measured", default: "5" },
  seconds: { help: "how long each time", default: "0.5" },
  warm: { help: "how long before that, not counted, in s", default: "0.3" },
  case: { help: `one of ${cases.map(({ name }) => name)}`, many: true },
  only: { help: "contenders whose name begins so; a; b", many: true },
  runtime: { help: "node or deno; both by default", many: true },
  trust: { help: "do not trace the contenders' syncs first", flag: true },
  out: { help: "where JSON and plots go; bench/.build by default" },
};

const progress = new Progress();

function say(line = ""): void {
  progress.clear();
  console.log(line);
}

async function admit(
  options: Options,
  worker: string,
  place: string,
): Promise<Entrant[]> {
  const runtimes = choose(
    runtimeNames.map((name) => ({ name })),
    options.list("runtime"),
  );
  const entrants: Entrant[] = [];
  for (const contender of choose(contenders, options.list("only"), begins)) {
    for (const { name: runtime } of runtimes) {
      progress.step(`checking ${contender.name} on ${runtime}`);
      const trust = options.has("trust");
      const entrant = await enter(contender, runtime, worker, place, trust);
      if (typeof entrant !== "string") entrants.push(entrant);
      else say(`SKIPPED ${contender.name} on ${runtime}: ${entrant}`);
    }
  }
  return entrants;
}

/** One run's samples, with all that is needed to judge them. */
export interface PeersRun {
  readonly machine: readonly string[];
  readonly rounds: number;
  readonly seconds: number;
  readonly cases: readonly Case[];
  readonly entrants: readonly Entrant[];
  readonly samples: readonly Sample[];
}

async function report(run: PeersRun, out: string): Promise<void> {
  mkdirSync(out, { recursive: true });
  const file = join(out, "peers.json");
  writeFileSync(file, JSON.stringify(run));
  for (const runtime of runtimeNames) {
    const ofRuntime = (one: { runtime: RuntimeName }) =>
      one.runtime === runtime;
    const samples = run.samples.filter(ofRuntime);
    if (samples.length === 0) continue;
    say(`\n## ${describeRuntime(runtime)}\n`);
    say(formatTables(run.entrants.filter(ofRuntime), run.cases, samples));
    const plots = await drawPeers(run, samples, runtime, out);
    say(`\nplots: ${plots.join(" ")}`);
  }
  say(`\nsamples: ${file}`);
}

async function main(): Promise<void> {
  const options = takeOptions(ABOUT, RULES);
  const chosen = choose(cases, options.list("case"));
  const [rounds, seconds] = [
    options.number("rounds"),
    options.number("seconds"),
  ];
  const duration = { seconds, warmSeconds: options.number("warm") };
  const worker = await bundleWorker("peers/worker.ts");
  const place = await makePlace("bench");
  const machine = describeMachine(place);
  for (const line of machine) say(line);
  say(`rounds       ${rounds} of ${seconds} s each, in turn\n`);
  try {
    const { directory } = place;
    const entrants = await admit(options, worker, directory);
    const plan = { cases: chosen, entrants, rounds, duration, worker };
    const samples = await runRounds(
      { ...plan, place: directory },
      (what) => progress.step(what),
    );
    const run = { machine, rounds, seconds, cases: chosen, entrants, samples };
    await report(run, options.text("out") ?? join(benchDir, ".build"));
  } finally {
    await removePlace(place);
  }
}

await main();

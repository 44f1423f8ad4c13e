/**
 * Latency of each policy under records that arrive at a fixed rate, however
 * long the acks take.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makePlace, type Place, removePlace } from "../demo/place.ts";
import { Progress } from "../demo/progress.ts";
import type {
  LatencyFound,
  LatencyJob,
  LatencySample,
} from "./latency/latency_job.ts";
import { drawLatencies } from "./latency/latency_plot.ts";
import { formatLatencies, toRows } from "./latency/latency_table.ts";
import { setups } from "./latency/setups.ts";
import { benchDir } from "./packages.ts";
import { bundleWorker } from "./process/bundle_worker.ts";
import { runJob } from "./process/run_job.ts";
import { describeRuntime, runtimeNames } from "./process/runtime.ts";
import { begins, choose } from "./report/choose.ts";
import { describeMachine } from "./report/machine.ts";
import { type Options, takeOptions } from "./report/take_options.ts";

const ABOUT = "Open loop: latency from the intended arrival. Options:";

const RULES = {
  rate: { help: "records/s that arrive; 1000; 10000; 50000", many: true },
  rounds: { help: "how often all are measured", default: "3" },
  seconds: { help: "how long each time", default: "2" },
  bytes: { help: "of a record", default: "100" },
  only: { help: "policies whose name begins so; a; b", many: true },
  runtime: { help: "node or deno; both by default", many: true },
  out: { help: "where JSON and plots go; bench/.build by default" },
};

const progress = new Progress();

function say(line = ""): void {
  progress.clear();
  console.log(line);
}

async function measureAll(
  options: Options,
  place: Place,
): Promise<LatencySample[]> {
  const worker = await bundleWorker("latency/worker.ts");
  const asked = options.list("rate").map(Number);
  const rates = asked.length > 0 ? asked : [1000, 10_000, 50_000];
  const runtimes = choose(
    runtimeNames.map((name) => ({ name })),
    options.list("runtime"),
  );
  const chosen = choose(setups, options.list("only"), begins);
  const [seconds, bytes] = [options.number("seconds"), options.number("bytes")];
  const samples: LatencySample[] = [];
  for (let round = 1; round <= options.number("rounds"); round++) {
    for (const rate of rates) {
      for (const { name: setup } of chosen) {
        for (const { name: runtime } of runtimes) {
          progress.step(`round ${round}, ${rate}/s: ${setup} on ${runtime}`);
          // The same arrivals for all in a round, others in the next.
          const job: LatencyJob = { setup, rate, seconds, bytes, seed: round };
          const site = { runtime, worker, place: place.directory };
          const found = await runJob<LatencyFound>(site, job);
          samples.push({ runtime, round, ...job, ...found });
        }
      }
    }
  }
  return samples;
}

async function main(): Promise<void> {
  const options = takeOptions(ABOUT, RULES);
  const out = options.text("out") ?? join(benchDir, ".build");
  mkdirSync(out, { recursive: true });
  const place = await makePlace("bench");
  const machine = describeMachine(place);
  for (const line of machine) say(line);
  say(
    `rounds       ${options.text("rounds")} of ${options.text("seconds")} s, ` +
      `${options.text("bytes")} B a record`,
  );
  try {
    const samples = await measureAll(options, place);
    const file = join(out, "latency.json");
    writeFileSync(file, JSON.stringify({ machine, samples }));
    for (const runtime of runtimeNames) {
      const rows = toRows(samples.filter((one) => one.runtime === runtime));
      if (rows.length === 0) continue;
      say(`\n## ${describeRuntime(runtime)}`);
      say(formatLatencies(rows));
      const subtitle = [
        describeRuntime(runtime),
        machine.slice(0, 4).map((line) => line.slice(13)).join(", "),
      ];
      const plot = join(out, `latency_${runtime}.svg`);
      writeFileSync(plot, await drawLatencies(rows, subtitle));
      say(`\nplot: ${plot}`);
    }
    say(`\nsamples: ${file}`);
  } finally {
    await removePlace(place);
  }
}

await main();

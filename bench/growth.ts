/**
 * What becomes of a log as it grows, and of memory when producers are faster
 * than the disk.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makePlace, removePlace } from "../demo/place.ts";
import { Progress } from "../demo/progress.ts";
import {
  type CurvePoint,
  type GrowthJob,
  type OverloadFound,
  type OverloadPoint,
  overloadWays,
} from "./growth/growth_job.ts";
import { drawCurves, drawOverload } from "./growth/growth_plots.ts";
import { formatCurve, formatOverload } from "./growth/growth_tables.ts";
import { benchDir } from "./packages.ts";
import { bundleWorker } from "./process/bundle_worker.ts";
import { runJob } from "./process/run_job.ts";
import { describeRuntime, runtimeNames } from "./process/runtime.ts";
import { choose } from "./report/choose.ts";
import { describeMachine } from "./report/machine.ts";
import { type Options, takeOptions } from "./report/take_options.ts";

const ABOUT = "A log that grows, and memory under overload. Options:";

const RULES = {
  records: { help: "how far the log grows", default: "10000000" },
  huge: { help: "10^8 records: 10 GB, really written", flag: true },
  part: { help: "curve or overload; both by default", many: true },
  seconds: { help: "how long each overload is", default: "2" },
  runtime: { help: "node or deno; both by default", many: true },
  out: { help: "where JSON and plots go; bench/.build by default" },
};

const BOUNDS_MIB = [1, 4, 16, 64, 256];
const PARTS = [{ name: "curve" }, { name: "overload" }];

const progress = new Progress();

function say(line = ""): void {
  progress.clear();
  console.log(line);
}

/** Runs a job on one runtime. */
type Runner = <T>(job: GrowthJob) => Promise<T>;

async function measureOverload(
  run: Runner,
  runtime: OverloadPoint["runtime"],
  seconds: number,
): Promise<OverloadPoint[]> {
  const points: OverloadPoint[] = [];
  for (const way of overloadWays) {
    for (const bound of BOUNDS_MIB) {
      progress.step(`overload by ${way}, ${bound} MiB, on ${runtime}`);
      const key = { way, maxQueuedBytes: bound * 2 ** 20 };
      const found = await run<OverloadFound>({
        kind: "overload",
        seconds,
        ...key,
      });
      points.push({ runtime, ...key, ...found });
    }
  }
  return points;
}

async function measureAll(options: Options, place: string) {
  const worker = await bundleWorker("growth/worker.ts");
  const parts = choose(PARTS, options.list("part")).map(({ name }) => name);
  const runtimes = choose(
    runtimeNames.map((name) => ({ name })),
    options.list("runtime"),
  );
  const records = options.has("huge") ? 1e8 : options.number("records");
  const curves: Record<string, CurvePoint[]> = {};
  const overloads: OverloadPoint[] = [];
  for (const { name: runtime } of runtimes) {
    const site = { runtime, worker, place, timeoutMs: 1_800_000 };
    const run: Runner = (job) => runJob(site, job);
    say(`\n## ${describeRuntime(runtime)}\n`);
    if (parts.includes("curve")) {
      progress.step(`growing a log to ${records} records on ${runtime}`);
      curves[runtime] = await run({ kind: "curve", records });
      say(formatCurve(curves[runtime]) + "\n");
    }
    if (parts.includes("overload")) {
      const seconds = options.number("seconds");
      const points = await measureOverload(run, runtime, seconds);
      overloads.push(...points);
      say(formatOverload(points));
    }
  }
  return { curves, overloads };
}

async function main(): Promise<void> {
  const options = takeOptions(ABOUT, RULES);
  const out = options.text("out") ?? join(benchDir, ".build");
  mkdirSync(out, { recursive: true });
  const place = await makePlace("bench");
  const machine = describeMachine(place);
  for (const line of machine) say(line);
  try {
    const found = await measureAll(options, place.directory);
    const subtitle = [
      machine.slice(0, 4).map((line) => line.slice(13)).join(", "),
    ];
    writeFileSync(
      join(out, "growth.json"),
      JSON.stringify({ machine, ...found }),
    );
    if (Object.keys(found.curves).length > 0) {
      const plot = await drawCurves(found.curves, subtitle);
      writeFileSync(join(out, "growth_curve.svg"), plot);
    }
    if (found.overloads.length > 0) {
      const plot = await drawOverload(found.overloads, subtitle);
      writeFileSync(join(out, "growth_overload.svg"), plot);
    }
    say(`\nplots and points: ${out}`);
  } finally {
    await removePlace(place);
  }
}

await main();

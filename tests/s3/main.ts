/**
 * Starts the cluster of cluster.sh, runs check_cluster.ts on Deno, Node and Bun,
 * then some rounds of chaos, and stops it all: `deno task test:s3 [SECONDS]`,
 * after which no further round begins.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { bundleModule } from "../kit/process/bundle_module.ts";
import { type Runtime, runtimes } from "../kit/process/runtimes.ts";
import { withTempDir } from "../kit/temp_dir.ts";
import { root } from "../runner/files.ts";
import { KINDS } from "./chaos/kinds.ts";
import { formatTally, runChaos } from "./chaos/run_chaos.ts";
import { Cluster, whyNoCluster } from "./cluster.ts";
import { makeBucket } from "./place.ts";

/** What happens, in turn, if there is time; the rest takes longer. */
const QUICK = [
  ...["two owners", "killed writers", "faults on the way", "paused writer"],
  ...["followed and truncated", "gateway killed"],
].map((name) => KINDS.find((kind) => kind.name === name)!);

const startedAt = performance.now();

/** Runs the checks on a runtime, and prints what they said once they end. */
async function check(
  { name, command: [program, ...args] }: Runtime,
  module: string,
): Promise<boolean> {
  const more = name === "Deno" ? ["certify"] : [];
  const child = spawn(program, [...args, module, ...more], { cwd: root });
  let output = "";
  child.stdout.on("data", (data) => output += data);
  child.stderr.on("data", (data) => output += data);
  const code = await new Promise((resolve) => child.once("close", resolve));
  console.log(`\n${name}, ${elapsed()}\n${output.trimEnd()}`);
  return code === 0;
}

function elapsed(): string {
  return `after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
}

/** Returns how many checks and rounds have failed. */
async function run(scratch: string, seconds: number): Promise<number> {
  const source = join(root, "tests/s3/check_cluster.ts");
  const module = await bundleModule(source, join(scratch, "check.mjs"));
  const passed = await Promise.all(runtimes.map((one) => check(one, module)));
  const failed = passed.filter((has) => !has).length;
  const seed = Math.floor(Math.random() * 100_000);
  console.log(`\ns3: checks on ${runtimes.length} runtimes ended ${elapsed()}`);
  const tally = await runChaos({
    ...{ rounds: QUICK.length, seed, scratch, kinds: QUICK },
    budgetMs: seconds * 1000 - (performance.now() - startedAt),
    report: (line) => console.log(line),
  });
  console.log(formatTally(tally).join("\n"));
  const rounds = Object.values(tally.rounds).reduce((sum, one) => sum + one, 0);
  const wrong = tally.wrong.length;
  console.log(
    `s3: ${rounds} rounds of chaos from seed ${seed}, acked ${tally.acked} ` +
      `records in ${tally.openings} openings; all ended ${elapsed()}`,
  );
  console.log(`${rounds - Math.min(wrong, rounds)} passed, ${wrong} failed`);
  return failed + wrong;
}

const why = whyNoCluster();
if (why !== "") {
  console.log(
    `skipped: no check ran on a real object store, because ${why}`,
  );
  Deno.exit(0);
}
let failed = 1;
try {
  await using cluster = new Cluster();
  await cluster.started;
  console.log(`s3: the cluster runs ${elapsed()}`);
  await makeBucket();
  const seconds = Number(Deno.args[0] ?? 600);
  failed = await withTempDir((scratch) => run(scratch, seconds));
} catch (error) {
  console.log(error);
}
console.log(failed === 0 ? "\nall passed" : `\n${failed} failed`);
Deno.exit(failed === 0 ? 0 : 1);

/**
 * Kills, pauses and misleads whatever uses logs on a real object store, for
 * many rounds: `deno task chaos:s3 [--rounds N] [--seed S] [--kind NAME]`. Ends
 * with code 1 if anything acknowledged is lost, or anything else is wrong.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { withTempDir } from "../../kit/temp_dir.ts";
import { Cluster, whyNoCluster } from "../cluster.ts";
import { makeBucket } from "../place.ts";
import { KILL_ALL, KINDS } from "./kinds.ts";
import { formatTally, runChaos } from "./run_chaos.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    rounds: { type: "string", default: "200" },
    seed: { type: "string" },
    kind: { type: "string" },
  },
});
const rounds = Number(values.rounds);
const seed = Number(values.seed ?? Math.floor(Math.random() * 100_000));
const chosen = [...KINDS, KILL_ALL]
  .filter(({ name }) => name === values.kind);
if (!Number.isSafeInteger(rounds + seed)) {
  throw new RangeError("Cannot begin because rounds and seed must be integers");
}
if (values.kind !== undefined && chosen.length === 0) {
  const names = [...KINDS, KILL_ALL].map(({ name }) => name).join("; ");
  throw new RangeError(`Cannot begin because the kinds are: ${names}`);
}
const why = whyNoCluster();
if (why !== "") {
  console.log(`skipped: there is no chaos, because ${why}`);
  Deno.exit(0);
}
console.log(`${rounds} rounds, seed ${seed}`);
let isRight = false;
try {
  await using cluster = new Cluster();
  await cluster.started;
  await makeBucket();
  isRight = await withTempDir(async (scratch) => {
    const tally = await runChaos({
      ...{ rounds, seed, scratch },
      kinds: values.kind === undefined ? undefined : chosen,
      report: (line) => console.log(line),
    });
    console.log(`\n${formatTally(tally).join("\n")}`);
    return tally.wrong.length === 0;
  });
} catch (error) {
  console.log(error);
}
Deno.exit(isRight ? 0 : 1);

/**
 * Kills processes of all runtimes, as tests/process/deno_kill_test.ts does, for
 * as many rounds as you like: `deno task soak:kill ROUNDS SEED`. Ends with code
 * 1 if anything acknowledged is not there.
 *
 * @module
 */

import { killLoop } from "./kit/process/kill_loop.ts";
import { withTempDir } from "./kit/temp_dir.ts";

/** Runs the loop and says how it goes. */
async function main([rounds = "300", seed]: string[]): Promise<void> {
  const options = {
    rounds: Number(rounds),
    seed: Number(seed ?? Math.floor(Math.random() * 2 ** 31)),
  };
  if (!Number.isSafeInteger(options.rounds + options.seed)) {
    throw new RangeError("ROUNDS and SEED must be integers");
  }
  console.log(`${options.rounds} rounds, seed ${options.seed}`);
  await withTempDir(async (scratch) => {
    const report = (line: string) => console.log(line);
    const tally = await killLoop({ ...options, scratch, report });
    console.log(
      `killed ${tally.rounds} processes, ${tally.killedBlindly} of them ` +
        `blindly; acked ${tally.acked} records, lost 0`,
    );
  });
}

await main(Deno.args);

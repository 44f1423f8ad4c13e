/**
 * Kills processes of all runtimes, as tests/process/deno_kill_test.ts does, for
 * as many rounds as you like: `deno task soak:kill ROUNDS SEED`. Ends with code
 * 1 if anything acknowledged is not there.
 *
 * @module
 */

import { killLoop } from "./kit/process/kill_loop.ts";
import { soakArguments } from "./kit/soak_arguments.ts";
import { withTempDir } from "./kit/temp_dir.ts";

/** Runs the loop and says how it goes. */
async function main(args: string[]): Promise<void> {
  const { count: rounds, seed } = soakArguments(args, 300, "rounds");
  await withTempDir(async (scratch) => {
    const report = (line: string) => console.log(line);
    const tally = await killLoop({ rounds, seed, scratch, report });
    console.log(
      `killed ${tally.rounds} processes, ${tally.killedBlindly} of them ` +
        `blindly; acked ${tally.acked} records, lost 0`,
    );
  });
}

await main(Deno.args);

/**
 * Kills servers of the example `durable-streams` as long as you like:
 * `deno task soak:streams ROUNDS SEED`. Ends with code 1 if anything is lost.
 *
 * @module
 */

import { killStreams } from "./docs/examples/durable_streams/kill_streams.ts";
import { soakArguments } from "./kit/soak_arguments.ts";
import { withTempDir } from "./kit/temp_dir.ts";

/** Runs the loop and says how it goes. */
async function main(args: string[]): Promise<void> {
  const { count: rounds, seed } = soakArguments(args, 300, "rounds");
  await withTempDir(async (scratch) => {
    const report = (line: string) => console.log(line);
    const tally = await killStreams({ rounds, seed, scratch, report });
    console.log(
      `killed ${tally.kills} servers, ${tally.killedEarly} of them while ` +
        `they opened; acked ${tally.acked} appends, lost 0; found ` +
        `${tally.unanswered} that had no answer`,
    );
  });
}

await main(Deno.args);

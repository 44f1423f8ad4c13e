/**
 * Terminates flush threads under load, as tests/wal_thread_test.ts does, as
 * often as you like: `deno task soak:thread ENDS SEED`. Ends with code 1 if
 * anything acknowledged is lost, or is there twice.
 *
 * @module
 */
import { endThreads } from "./kit/end_threads.ts";
import { soakArguments } from "./kit/soak_arguments.ts";

/** Ends threads and says what became of the log. */
async function main(args: string[]): Promise<void> {
  const { count: ends, seed } = soakArguments(args, 1000, "threads");
  const ended = (count: number) => {
    if (count % 100 === 0) console.log(`${count} terminated`);
  };
  const { acked, lost, twice } = await endThreads({ ends, seed, ended });
  console.log(
    `terminated ${ends} threads; acked ${acked} records, ` +
      `lost ${lost}, twice ${twice}`,
  );
  if (lost + twice > 0) Deno.exit(1);
}

await main(Deno.args);

/**
 * Terminates flush threads under load, as tests/wal_thread_test.ts does, as
 * often as you like: `deno task soak:thread ENDS SEED`. Ends with code 1 if
 * anything acknowledged is lost, or is there twice.
 *
 * @module
 */
import { endThreads } from "./kit/end_threads.ts";

/** Ends threads and says what became of the log. */
async function main([ends = "1000", seed]: string[]): Promise<void> {
  const options = {
    ends: Number(ends),
    seed: Number(seed ?? Math.floor(Math.random() * 2 ** 31)),
  };
  if (!Number.isSafeInteger(options.ends + options.seed)) {
    throw new RangeError("ENDS and SEED must be integers");
  }
  console.log(`${options.ends} threads, seed ${options.seed}`);
  const ended = (count: number) => {
    if (count % 100 === 0) console.log(`${count} terminated`);
  };
  const { acked, lost, twice } = await endThreads({ ...options, ended });
  console.log(
    `terminated ${options.ends} threads; acked ${acked} records, ` +
      `lost ${lost}, twice ${twice}`,
  );
  if (lost + twice > 0) Deno.exit(1);
}

await main(Deno.args);

/**
 * The command line tool: `append`, `cat`, `inspect`, `verify` and
 * `repair`.
 *
 * A program: run it; importing it does nothing (but on Node 20, which cannot
 * tell the two apart).
 *
 * ```sh
 * deno task wal append ./log < lines.txt
 * deno task wal cat ./log --from 1000 --json
 * ```
 *
 * @module
 */

import process from "node:process";
import { processIo } from "./cli/io/process_io.ts";
import { runCli } from "./cli/run_cli.ts";

if (import.meta.main ?? true) {
  // Not left to the event loop: after a Ctrl-C a read of stdin is still open.
  process.exit(await runCli(process.argv.slice(2), processIo()));
}

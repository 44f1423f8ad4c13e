/**
 * The command-line tool: `append`, `cat`, `inspect`, `verify`, `repair`,
 * `doctor` and `lab`.
 *
 * A program to run; importing it does nothing, except on Node 20, which cannot
 * tell the two apart.
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
  // Not left to the event loop: after Ctrl-C, a read of stdin is still pending.
  process.exit(await runCli(process.argv.slice(2), processIo()));
}

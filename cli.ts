/**
 * The command line tool: `append`, `cat`, `inspect` and `verify`.
 *
 * A program, not a module to import: it runs as soon as it is loaded.
 *
 * ```sh
 * deno task wal append ./log < lines.txt
 * deno task wal cat ./log --from 1000 --json
 * ```
 *
 * @module
 */

import process from "node:process";
import { processIo } from "./cli/process_io.ts";
import { runCli } from "./cli/run_cli.ts";

// Not left to the event loop: after a Ctrl-C a read of stdin is still open.
process.exit(await runCli(process.argv.slice(2), processIo()));

#!/usr/bin/env node
/**
 * The command line tool: appends to, reads, watches, checks and repairs logs;
 * see docs/cli.md.
 *
 * A program: run it; importing it does nothing.
 *
 * ```sh
 * npx wal append ./log < lines.txt
 * deno run -A jsr:@syncline/wal/cli cat ./log --from 1000 --json
 * ```
 *
 * @module
 */

import { realpathSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { processIo } from "./cli/io/process_io.ts";
import { runCli } from "./cli/run_cli.ts";

/** Whether this module is what the process was started with. */
function isProgram(): boolean {
  const { main, url } = import.meta as { main?: boolean; url: string };
  if (main !== undefined) return main;
  // Node before 24.2, which is started by a link in `node_modules/.bin`.
  const [, started] = process.argv;
  try {
    return realpathSync(started) === fileURLToPath(url);
  } catch {
    return false; // It was started with something that is not a file.
  }
}

if (isProgram()) {
  // Not left to the event loop: after a Ctrl-C a read of stdin is still open.
  process.exit(await runCli(process.argv.slice(2), processIo()));
}

#!/usr/bin/env node
/**
 * The command line tool: appends to, reads, watches, checks, repairs, copies and
 * measures logs. It is a program: run it; importing it does nothing.
 *
 * ```sh
 * npx wal append ./orders < lines.txt               # in a project on Node or Bun
 * deno run -A jsr:@syncline/wal/cli cat ./orders --from 1000 --json
 * deno run -A jsr:@syncline/wal/cli verify ./orders # every checksum and link
 * ```
 *
 * - `append`, `cat`, `export`, `import`: records in and out, as lines or as JSON.
 * - `status`, `top`, `inspect`: how a log is, at once, live, or in every detail.
 * - `verify`, `repair`, `truncate`: check it, keep what is intact, drop the rest.
 * - `backup`, `restore`: copy a log that is in use, and make a log of a copy.
 * - `doctor` measures a disk and prints options ready to paste; `lab` replays a
 *   recorded load under other policies.
 *
 * Each command has `--help`, and exit codes for scripts. All but `append`,
 * `import`, `truncate` and `repair` take no lock, so a program may have the log
 * open.
 *
 * **Limits.** `--allow-read --allow-write` is enough on Deno for nearly
 * everything; without `--allow-run` and `--allow-sys`, less is known about who
 * holds a lock.
 *
 * **Read next:** [Command line](https://github.com/syncline/wal/blob/main/docs/cli.md), with examples of each command, and
 * [Operations](https://github.com/syncline/wal/blob/main/docs/operations.md).
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

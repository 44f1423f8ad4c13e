/*
 * Goal: what a killed process had acknowledged is there, and its lock is free,
 * whatever the runtimes. Method: a process of each runtime appends and is
 * killed with SIGKILL; this one looks, again and again in one directory.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build, stop } from "esbuild";
import { LogLockedError } from "../storage/log_locked_error.ts";
import { Wal } from "../wal.ts";
import {
  assertEquals,
  assertGreaterOrEqual,
  assertRejects,
} from "./support/assert.ts";
import { test } from "./support/register.ts";
import { withTempDir } from "./support/temp_dir.ts";

const ROUNDS = 4;
const ACKS_BEFORE_KILL = 300;

const root = fileURLToPath(new URL("..", import.meta.url));
const RUNTIMES: Record<string, string[]> = {
  Deno: [Deno.execPath(), "run", "-A", "--no-config"],
  Node: ["node"],
  Bun: [`${root}node_modules/.bin/bun`],
};

test("Wal.open() finds all that a killed process of any runtime acked", async () => {
  await withTempDir(async (scratch) => {
    const victim = await bundleVictim(scratch);
    const directory = `${scratch}/log`;
    let floor = 0;
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, command] of Object.entries(RUNTIMES)) {
        const acked = await killMidFlight(name, [
          ...command,
          victim,
          directory,
        ]);
        assertGreaterOrEqual(acked, floor + ACKS_BEFORE_KILL);
        floor = await countRecords(directory);
        assertGreaterOrEqual(floor, acked, `${name} lost what it acked`);
      }
    }
  });
});

/** Returns the highest LSN that the process acknowledged. */
async function killMidFlight(
  runtime: string,
  [program, ...args]: string[],
): Promise<number> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  let acks = 0;
  let highest = 0;
  for await (const line of createInterface({ input: child.stdout! })) {
    if (line === "open") {
      await refusesSecondOwner(runtime, child, args[args.length - 1]);
      continue;
    }
    highest = Math.max(highest, Number(line));
    if (++acks === ACKS_BEFORE_KILL) child.kill("SIGKILL");
  }
  await ended;
  return highest;
}

async function refusesSecondOwner(
  runtime: string,
  child: ChildProcess,
  directory: string,
): Promise<void> {
  const error = await assertRejects(
    () => Wal.open(directory),
    LogLockedError,
    runtime,
  ) as LogLockedError;
  assertEquals(error.pid, child.pid);
}

async function countRecords(directory: string): Promise<number> {
  await using wal = await Wal.open(directory);
  let expected = 1;
  for await (const { lsn } of wal.read()) assertEquals(lsn, expected++);
  return expected - 1;
}

async function bundleVictim(scratch: string): Promise<string> {
  const outfile = `${scratch}/victim.mjs`;
  await build({
    entryPoints: [`${root}tests/support/victim.ts`],
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    outfile,
    logLevel: "error",
  });
  await stop();
  return outfile;
}

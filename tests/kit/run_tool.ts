/**
 * The command line tool, run in-process with its own streams, so that the same
 * tests run on every runtime.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CliIo, OpenStore, Output } from "../../cli/io/cli_io.ts";
import { runCli } from "../../cli/run_cli.ts";
import { Wal } from "../../wal.ts";
import { assertEquals } from "./assert.ts";
import { withTempDir } from "./temp_dir.ts";

/** How a run of the tool went. */
export interface Run {
  code: number;
  stdout: Buffer;
  stderr: string;
}

/** What a run is given in addition to its arguments. */
interface World {
  stdin?: AsyncIterable<Uint8Array>;
  interrupt?: AbortSignal;
  stdout?: Output;
  openStore?: OpenStore;
}

/** Runs the tool to its end. */
export async function wal(args: string[], world: World = {}): Promise<Run> {
  const stdout = collector();
  const stderr = collector();
  const io: CliIo = {
    stdin: world.stdin ?? input(),
    stdout: world.stdout ?? stdout,
    stderr,
    interrupt: world.interrupt ?? new AbortController().signal,
    openStore: world.openStore,
  };
  const code = await runCli(args, io);
  return { code, stdout: stdout.bytes(), stderr: stderr.bytes().toString() };
}

/** An output that keeps copies, because the tool reuses its buffers. */
export function collector(): Output & { bytes(): Buffer } {
  const chunks: Buffer[] = [];
  return {
    isTerminal: false,
    write(bytes) {
      chunks.push(Buffer.from(bytes));
      return Promise.resolve();
    },
    bytes: () => Buffer.concat(chunks),
  };
}

/** An input of these chunks. */
export async function* input(
  ...chunks: (string | Uint8Array)[]
): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    yield await Promise.resolve(Buffer.from(chunk as string));
  }
}

/** Never ends, like a terminal that nobody types at. */
export async function* inputThatHangs(
  text: string,
): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
  await new Promise(() => {});
}

/** Lends a log that holds the lines of `text`. */
export function withLog(
  text: string,
  use: (dir: string) => Promise<void>,
): Promise<void> {
  return withTempDir(async (top) => {
    const dir = join(top, "log");
    const { code } = await wal(["append", dir], { stdin: input(text) });
    assertEquals(code, 0);
    await use(dir);
  });
}

/** Lends a log of six records in several segments. */
export function withSegments(
  use: (dir: string) => Promise<void>,
): Promise<void> {
  return withTempDir(async (dir) => {
    const log = await Wal.open(dir, { segmentBytes: 4096 });
    for (let record = 0; record < 6; record++) {
      await log.append(`record ${record} `.padEnd(1500, "."));
    }
    await log.close();
    await use(dir);
  });
}

/** Paths of the segments, in order. */
export async function segmentPaths(dir: string): Promise<string[]> {
  const names = await readdir(dir);
  return names.filter((name) => name.endsWith(".wal")).sort()
    .map((name) => join(dir, name));
}

/** Flips a bit of a file. */
export async function flip(path: string, offset: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[offset] ^= 1;
  await writeFile(path, bytes);
}

/** A log of one record, and the beginning of a second: its owner was killed. */
export async function tornLog(dir: string): Promise<string> {
  const log = await Wal.open(dir);
  await log.append("one");
  const [path] = await segmentPaths(dir);
  const whole = await readFile(path);
  await log.append("two");
  const both = await readFile(path);
  await killed(dir, log);
  await writeFile(path, both.subarray(0, whole.length + 20));
  return path;
}

/**
 * Closes a log, and leaves its files as they were before, except for the lock.
 */
export async function killed(dir: string, log: Wal): Promise<void> {
  const names = (await readdir(dir)).filter((name) => !name.endsWith(".lock"));
  const before = new Map<string, Uint8Array>();
  for (const name of names) before.set(name, await readFile(join(dir, name)));
  await log.close();
  for (const [name, bytes] of before) await writeFile(join(dir, name), bytes);
}

/** Path of the manifest. */
export async function manifestPath(dir: string): Promise<string> {
  const names = await readdir(dir);
  return join(dir, names.find((name) => name.endsWith(".manifest"))!);
}

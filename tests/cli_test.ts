/**
 * The command line tool, run in-process on streams of its own, so that the
 * same tests run on every runtime: a fixture writes lines, reads the output
 * back, and breaks files between.
 *
 * @module
 */
import { access, readdir, readFile, writeFile } from "node:fs/promises";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import type { CliIo, Output } from "../cli/cli_io.ts";
import { formatRecord } from "../cli/format_record.ts";
import { formatSummary } from "../cli/format_summary.ts";
import { LineSplitter } from "../cli/line_splitter.ts";
import { parseCommand } from "../cli/parse_command.ts";
import { parsePolicy } from "../cli/parse_policy.ts";
import { runCli } from "../cli/run_cli.ts";
import { UsageError } from "../cli/usage_error.ts";
import { Wal } from "../wal.ts";
import {
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "./support/assert.ts";
import { test } from "./support/register.ts";
import { withTempDir } from "./support/temp_dir.ts";

/** How a run of the tool went. */
interface Run {
  code: number;
  stdout: Buffer;
  stderr: string;
}

/** What a run is given beside its arguments. */
interface World {
  stdin?: AsyncIterable<Uint8Array>;
  interrupt?: AbortSignal;
  stdout?: Output;
}

const BATCH = { records: 3, bytes: 90, oldestAt: 500, newestAt: 504 };

/** Runs the tool to its end. */
async function wal(args: string[], world: World = {}): Promise<Run> {
  const stdout = collector();
  const stderr = collector();
  const io: CliIo = {
    stdin: world.stdin ?? input(),
    stdout: world.stdout ?? stdout,
    stderr,
    interrupt: world.interrupt ?? new AbortController().signal,
  };
  const code = await runCli(args, io);
  return { code, stdout: stdout.bytes(), stderr: stderr.bytes().toString() };
}

/** An output that keeps copies, as the tool reuses its buffers. */
function collector(): Output & { bytes(): Buffer } {
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

async function* input(
  ...chunks: (string | Uint8Array)[]
): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    yield await Promise.resolve(Buffer.from(chunk as string));
  }
}

/** Ends never, as a terminal nobody types at. */
async function* inputThatHangs(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
  await new Promise(() => {});
}

/** Lends a log that holds the lines of `text`. */
function withLog(
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
function withSegments(use: (dir: string) => Promise<void>): Promise<void> {
  return withTempDir(async (dir) => {
    const log = await Wal.open(dir, { segmentBytes: 4096 });
    for (let record = 0; record < 6; record++) {
      await log.append(`record ${record} `.padEnd(1500, "."));
    }
    await log.close();
    await use(dir);
  });
}

async function segmentPaths(dir: string): Promise<string[]> {
  const names = await readdir(dir);
  return names.filter((name) => name.endsWith(".wal")).sort()
    .map((name) => join(dir, name));
}

/** Flips a bit of a file. */
async function flip(path: string, offset: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[offset] ^= 1;
  await writeFile(path, bytes);
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(() => true, () => false);
}

test("parsePolicy() makes each policy of its name and number", () => {
  assertEquals(parsePolicy("count:256").limits, { records: 256 });
  assertEquals(parsePolicy("bytes:64k").limits, { bytes: 65536 });
  assertEquals(parsePolicy("bytes:2M").limits, { bytes: 2 * 1024 * 1024 });
  assertEquals(parsePolicy("age:2.5").due(BATCH, 504), 502.5);
  assertEquals(parsePolicy("leader").due(BATCH, 504), 500);
  assertEquals(parsePolicy("leader:3").due(BATCH, 504), 503);
});

test("parsePolicy() joins policies with anyOf", () => {
  const policy = parsePolicy("count:1000,bytes:1m,age:10");
  assertEquals(policy.limits, { records: 1000, bytes: 1024 * 1024 });
  assertEquals(policy.due(BATCH, 504), 510);
  assertEquals(policy.whenIdle, "wait");
});

test("parsePolicy() refuses what it does not know", () => {
  const bad = ["", "cuont:3", "count", "count:0", "count:1.5", "count:1e3"];
  bad.push("bytes:1q", "bytes:k", "age", "age:-1", "age:x", "count:1,");
  for (const text of bad) assertThrows(() => parsePolicy(text), UsageError);
  const error = assertThrows(() => parsePolicy("cuont:3"), UsageError);
  assertEquals(
    (error as Error).message,
    'Cannot use policy "cuont:3" as its name must be count, bytes, age, ' +
      'leader: received "cuont"',
  );
});

test("parseCommand() reads options anywhere", () => {
  assertEquals(
    parseCommand(["cat", "--from", "3", "log", "--to=9", "-f", "--json"]),
    { name: "cat", directory: "log", from: 3, to: 9, follow: true, json: true },
  );
  assertEquals(
    parseCommand(["append", "log"]),
    { name: "append", directory: "log", ack: "disk" },
  );
  assertEquals(parseCommand(["cat", "-h"]), { name: "help", topic: "cat" });
});

test("parseCommand() refuses bad usage", () => {
  const bad = ["", "frob", "append", "append a b", "append a --ack tape"];
  bad.push("cat a --from 0", "cat a --to x", "cat a --from 3 --to 2");
  bad.push("verify", "inspect a --nope", "cat a --from");
  for (const line of bad) {
    const args = line === "" ? [] : line.split(" ");
    assertThrows(() => parseCommand(args), UsageError);
  }
});

test("LineSplitter cuts at newlines wherever the chunks do", () => {
  const text = "one\n\nthree\r\nfour, which is longer\nlast";
  for (let size = 1; size <= text.length; size++) {
    const splitter = new LineSplitter();
    const lines: Uint8Array[] = [];
    for (let at = 0; at < text.length; at += size) {
      lines.push(...splitter.push(Buffer.from(text.slice(at, at + size))));
    }
    lines.push(...splitter.end());
    assertEquals(lines.map((line) => Buffer.from(line).toString()), [
      "one",
      "",
      "three\r",
      "four, which is longer",
      "last",
    ]);
  }
});

test("LineSplitter refuses a line that no frame can hold", () => {
  const splitter = new LineSplitter();
  const chunk = new Uint8Array(16 * 1024 * 1024);
  const error = assertThrows(() => {
    for (let count = 0; count < 5; count++) [...splitter.push(chunk)];
  });
  assertEquals((error as Error).name, "RecordTooLargeError");
});

test("formatRecord() shows text as text and other bytes as base64", () => {
  const show = (...bytes: number[]) => formatRecord(7, new Uint8Array(bytes));
  assertEquals(show(), '{"lsn":7,"text":""}');
  assertEquals(show(0x68, 0x22, 0x0a), '{"lsn":7,"text":"h\\"\\n"}');
  assertEquals(show(0xc3, 0xa4), '{"lsn":7,"text":"ä"}');
  assertEquals(show(0xff, 0xfe), '{"lsn":7,"base64":"//4="}');
  assertEquals(show(0xef, 0xbb, 0xbf, 65), '{"lsn":7,"text":"\ufeffA"}');
});

test("formatSummary() says what was acked, how fast, and where", () => {
  assertEquals(
    formatSummary({ firstLsn: 8, records: 3000, bytes: 9e6 }, 1.5, "disk"),
    "acked 3,000 records (disk), 9,000,000 bytes, in 1.50 s: 2,000/s, " +
      "6.0 MB/s, LSN 8 to 3007",
  );
  assertEquals(
    formatSummary({ firstLsn: 0, records: 0, bytes: 0 }, 0.01, "os"),
    "acked 0 records (os), 0 bytes, in 0.01 s: 0/s, 0.0 MB/s",
  );
});

test("append and cat give back every byte, empty lines too", () =>
  withTempDir(async (dir) => {
    const bytes = Buffer.from(Array.from({ length: 4096 }, (_, at) => at * 7));
    const stdin = input("\n\none\r\n", bytes.subarray(0, 999), bytes);
    const append = await wal(["append", dir], { stdin });
    assertEquals(append.code, 0);
    const cat = await wal(["cat", dir]);
    const expected = Buffer.concat([
      Buffer.from("\n\none\r\n"),
      bytes.subarray(0, 999),
      bytes,
    ]);
    const ended = expected.at(-1) === 10;
    assertEquals(
      cat.stdout.toString("hex"),
      expected.toString("hex") + (ended ? "" : "0a"),
    );
  }));

test("append takes a last line without a newline", () =>
  withLog("one\ntwo", async (dir) => {
    assertEquals((await wal(["cat", dir])).stdout.toString(), "one\ntwo\n");
  }));

test("append goes on where the log ends and says so", () =>
  withLog("one\ntwo\n", async (dir) => {
    const { code, stderr } = await wal(["append", dir], {
      stdin: input("three\nfour\nfive"),
    });
    assertEquals(code, 0);
    assertStringIncludes(stderr, "acked 3 records (disk), 13 bytes");
    assertStringIncludes(stderr, "LSN 3 to 5");
    const cat = await wal(["cat", dir]);
    assertEquals(cat.stdout.toString(), "one\ntwo\nthree\nfour\nfive\n");
  }));

test("append of nothing makes a log without records", () =>
  withLog("", async (dir) => {
    assertEquals((await wal(["cat", dir])).stdout.length, 0);
    assertEquals((await wal(["verify", dir])).code, 0);
  }));

test("append keeps order under every policy and level", () =>
  withTempDir(async (top) => {
    const text = Array.from({ length: 3000 }, (_, at) => `${at}\n`).join("");
    const policies = ["count:7", "bytes:100", "age:1", "leader:1"];
    policies.push("count:1000,bytes:1m,age:2", "count:1");
    for (const [index, policy] of policies.entries()) {
      for (const ack of ["disk", "os", "memory"]) {
        const dir = join(top, `${index}-${ack}`);
        const { code } = await wal(
          ["append", dir, "--policy", policy, "--ack", ack],
          { stdin: input(text.slice(0, 5001), text.slice(5001)) },
        );
        assertEquals(code, 0);
        assertEquals((await wal(["cat", dir])).stdout.toString(), text);
      }
    }
  }));

test("append waits for room where input outruns the disk", () =>
  withTempDir(async (dir) => {
    const text = "x\n".repeat(200_000);
    for (const ack of ["disk", "memory"]) {
      const { stderr } = await wal(["append", dir, "--ack", ack], {
        stdin: input(text),
      });
      assertStringIncludes(stderr, "acked 200,000 records");
    }
    assertEquals((await wal(["cat", dir])).stdout.length, 2 * text.length);
  }));

test("append drains and exits with 130 when interrupted", () =>
  withTempDir(async (dir) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort("SIGINT"), 50);
    const { code, stderr } = await wal(
      ["append", dir, "--policy", "age:60000"],
      { stdin: inputThatHangs("a\nb\npiece"), interrupt: controller.signal },
    );
    assertEquals(code, 130);
    assertStringIncludes(stderr, "acked 2 records");
    assertEquals((await wal(["cat", dir])).stdout.toString(), "a\nb\n");
  }));

test("append exits with 143 after SIGTERM", () =>
  withTempDir(async (dir) => {
    const interrupt = AbortSignal.abort("SIGTERM");
    const { code } = await wal(["append", dir], { interrupt });
    assertEquals(code, 143);
  }));

test("append refuses a log that is open elsewhere", () =>
  withTempDir(async (dir) => {
    await using _open = await Wal.open(dir);
    const { code, stderr } = await wal(["append", dir]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "wal: Cannot open");
  }));

test("append shows progress on a terminal only", () =>
  withTempDir(async (dir) => {
    const controller = new AbortController();
    const stderr = { ...collector(), isTerminal: true };
    setTimeout(() => controller.abort("SIGINT"), 400);
    await runCli(["append", dir], {
      stdin: inputThatHangs("a\nb\n"),
      stdout: collector(),
      stderr,
      interrupt: controller.signal,
    });
    assertStringIncludes(stderr.bytes().toString(), "\r\x1b[Kacked 2 records,");
  }));

test("cat shows a range, as lines or as JSON", () =>
  withLog("one\ntwo\nthree\nfour\n", async (dir) => {
    const range = await wal(["cat", dir, "--from", "2", "--to", "3"]);
    assertEquals(range.stdout.toString(), "two\nthree\n");
    const json = await wal(["cat", dir, "--from", "4", "--json"]);
    assertEquals(json.stdout.toString(), '{"lsn":4,"text":"four"}\n');
    const beyond = await wal(["cat", dir, "--from", "5"]);
    assertEquals([beyond.code, beyond.stdout.length], [0, 0]);
  }));

test("cat reads while a writer is at work", () =>
  withTempDir(async (dir) => {
    await using log = await Wal.open(dir, { segmentBytes: 4096 });
    for (let record = 0; record < 5; record++) {
      await log.append("".padEnd(1500, `${record}`));
    }
    const { code, stdout } = await wal(["cat", dir]);
    assertEquals([code, stdout.length], [0, 5 * 1501]);
  }));

test("cat --follow shows what comes, across segments, until SIGINT", () =>
  withTempDir(async (dir) => {
    const log = await Wal.open(dir, { segmentBytes: 4096 });
    await log.append("first");
    const controller = new AbortController();
    const running = wal(["cat", dir, "--follow"], {
      interrupt: controller.signal,
    });
    await new Promise((resolve) => setTimeout(resolve, 150));
    for (let record = 0; record < 6; record++) {
      await log.append("".padEnd(1500, `${record}`));
    }
    await log.close();
    const again = await Wal.open(dir);
    await again.append("last");
    await new Promise((resolve) => setTimeout(resolve, 300));
    controller.abort("SIGINT");
    await again.close();
    const { code, stdout, stderr } = await running;
    assertEquals([code, stderr], [130, ""]);
    assertEquals(stdout.length, 6 + 6 * 1501 + 5);
  }));

test("cat --follow shows nothing twice when the log is taken over", () =>
  withTempDir(async (dir) => {
    const first = await Wal.open(dir, { synchronous: "off" });
    for (const record of ["one", "two", "three"]) await first.append(record);
    const controller = new AbortController();
    const running = wal(["cat", dir, "--follow"], {
      interrupt: controller.signal,
    });
    await new Promise((resolve) => setTimeout(resolve, 150));
    const second = await Wal.open(dir, { takeOver: true });
    await second.append("four");
    await new Promise((resolve) => setTimeout(resolve, 300));
    controller.abort("SIGINT");
    const { stdout, stderr } = await running;
    await second.close();
    await first.close().catch(() => {});
    assertEquals([`${stdout}`, stderr], ["one\ntwo\nthree\nfour\n", ""]);
    assertEquals((await wal(["verify", dir])).code, 0);
  }));

test("cat is interrupted even while nobody reads what it writes", () =>
  withLog("one\n", async (dir) => {
    const controller = new AbortController();
    let release = () => {};
    const stdout: Output = {
      isTerminal: false,
      write() {
        controller.abort("SIGINT");
        return new Promise((resolve) => {
          release = resolve;
        });
      },
    };
    const interrupt = controller.signal;
    const { code } = await wal(["cat", dir], { stdout, interrupt });
    release();
    assertEquals(code, 130);
  }));

test("cat --follow ends at --to", () =>
  withLog("one\ntwo\n", async (dir) => {
    const { code } = await wal(["cat", dir, "--follow", "--to", "2"]);
    assertEquals(code, 0);
  }));

test("cat ends quietly when nobody reads on", () =>
  withLog("one\n", async (dir) => {
    const broken = Object.assign(new Error("broken"), { code: "EPIPE" });
    const stdout: Output = {
      isTerminal: false,
      write: () => Promise.reject(broken),
    };
    const { code, stderr } = await wal(["cat", dir], { stdout });
    assertEquals([code, stderr], [0, ""]);
  }));

test("cat refuses records that were truncated away", () =>
  withSegments(async (dir) => {
    const log = await Wal.open(dir);
    await log.append("more");
    await log.truncateBefore(4);
    await log.close();
    const { code, stderr } = await wal(["cat", dir, "--from", "1"]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "not kept any more");
    assertEquals((await wal(["cat", dir])).code, 0);
  }));

test("cat stops at damage in a sealed segment, with file and offset", () =>
  withSegments(async (dir) => {
    const [first] = await segmentPaths(dir);
    await flip(first, 200);
    const { code, stderr } = await wal(["cat", dir]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, `"${first}" at offset 64`);
    assertStringIncludes(stderr, "checksum: expected 0x");
  }));

test("cat leaves out a torn end and says nothing", () =>
  withTempDir(async (dir) => {
    await tornLog(dir);
    const { code, stdout, stderr } = await wal(["cat", dir]);
    assertEquals([code, `${stdout}`, stderr], [0, "one\n", ""]);
  }));

/** A log of one record, and the beginning of a second. */
async function tornLog(dir: string): Promise<string> {
  const log = await Wal.open(dir);
  await log.append("one");
  const [path] = await segmentPaths(dir);
  const whole = await readFile(path);
  await log.append("two");
  const both = await readFile(path);
  await log.close();
  await writeFile(path, both.subarray(0, whole.length + 20));
  return path;
}

test("inspect shows segments, frames and how the log ends", () =>
  withSegments(async (dir) => {
    const { code, stdout } = await wal(["inspect", dir]);
    assertEquals(code, 0);
    assertStringIncludes(`${stdout}`, "6 records, LSN 1 to 6");
    assertStringIncludes(`${stdout}`, "closed cleanly");
    const json = JSON.parse(
      `${(await wal(["inspect", dir, "--json"])).stdout}`,
    );
    assertEquals(json.end.state, "closed");
    assertEquals([json.firstLsn, json.lastLsn, json.syncedLsn], [1, 6, 6]);
    assertEquals(json.segments.length, (await segmentPaths(dir)).length);
    assertEquals(json.lock, { state: "free" });
  }));

test("inspect tells a torn end, and who holds the lock", () =>
  withTempDir(async (dir) => {
    const path = await tornLog(dir);
    const torn = JSON.parse(
      `${(await wal(["inspect", dir, "--json"])).stdout}`,
    );
    const { length } = await readFile(path);
    assertEquals(torn.end, { state: "torn", offset: length - 20, bytes: 20 });
    await using _open = await Wal.open(dir);
    const held = JSON.parse(
      `${(await wal(["inspect", dir, "--json"])).stdout}`,
    );
    assertEquals(held.lock.state, "alive");
  }));

test("verify counts what is whole", () =>
  withSegments(async (dir) => {
    const { code, stdout } = await wal(["verify", dir]);
    assertEquals(code, 0);
    assertStringIncludes(`${stdout}`, "OK: 6 records in");
  }));

test("verify reports a torn end as no damage", () =>
  withTempDir(async (dir) => {
    await tornLog(dir);
    const { code, stdout } = await wal(["verify", dir]);
    assertEquals(code, 0);
    assertStringIncludes(`${stdout}`, "torn");
    assertStringIncludes(`${stdout}`, "20 bytes: no damage");
  }));

test("verify finds a flipped bit in a sealed segment, and goes on", () =>
  withSegments(async (dir) => {
    const [first, second] = await segmentPaths(dir);
    await flip(first, 200);
    await flip(second, 3000);
    const { code, stdout } = await wal(["verify", dir]);
    assertEquals(code, 1);
    assertStringIncludes(`${stdout}`, `"${first}" at offset 64: record 1 is`);
    assertStringIncludes(`${stdout}`, `"${second}" at offset`);
    assertStringIncludes(`${stdout}`, "DAMAGED: 2 of 3 segments");
  }));

test("verify finds synced bytes gone from the end", () =>
  withSegments(async (dir) => {
    const last = (await segmentPaths(dir)).at(-1)!;
    await flip(last, 200);
    assertEquals((await wal(["verify", dir])).code, 1);
    assertEquals((await wal(["cat", dir])).code, 1);
  }));

test("verify finds a segment that is missing or spoilt", () =>
  withSegments(async (dir) => {
    const [, second, third] = await segmentPaths(dir);
    await flip(third, 10);
    const spoilt = await wal(["verify", dir]);
    assertEquals(spoilt.code, 1);
    assertStringIncludes(`${spoilt.stdout}`, `"${third}"`);
    await flip(third, 10);
    await writeFile(second, "");
    const emptied = await wal(["verify", dir]);
    assertStringIncludes(`${emptied.stdout}`, "DAMAGED: 1 of 3");
  }));

test("commands that read refuse a missing directory and make none", () =>
  withTempDir(async (top) => {
    const dir = join(top, "missing");
    for (const name of ["cat", "inspect", "verify"]) {
      const { code, stderr } = await wal([name, dir]);
      assertEquals(code, 1);
      assertStringIncludes(stderr, `wal: Cannot list "${dir}"`);
      assertEquals(await exists(dir), false);
    }
  }));

test("runCli() exits with 2 on bad usage, and 0 on help and version", async () => {
  const bad = await wal(["append", "x", "--policy", "frob"]);
  assertEquals([bad.code, bad.stdout.length], [2, 0]);
  assertStringIncludes(bad.stderr, 'Try "wal --help"');
  for (const name of ["append", "cat", "inspect", "verify"]) {
    const { code, stdout } = await wal([name, "--help"]);
    assertEquals(code, 0);
    assertStringIncludes(`${stdout}`, `Usage: wal ${name}`);
  }
  const config = new URL("../deno.json", import.meta.url);
  const { version } = JSON.parse(await readFile(config, "utf8"));
  assertEquals(`${(await wal(["--version"])).stdout}`, `${version}\n`);
});

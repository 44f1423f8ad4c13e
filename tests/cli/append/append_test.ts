import { Buffer } from "node:buffer";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCli } from "../../../cli/run_cli.ts";
import { Wal } from "../../../wal.ts";
import { assertEquals, assertStringIncludes } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import {
  collector,
  input,
  inputThatHangs,
  segmentPaths,
  wal,
  withLog,
} from "../../kit/run_tool.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

test("append and cat preserve every byte, and empty lines", () =>
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

test("append accepts a last line without a newline", () =>
  withLog("one\ntwo", async (dir) => {
    assertEquals((await wal(["cat", dir])).stdout.toString(), "one\ntwo\n");
  }));

test("append continues at the end of the log and says so", () =>
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
    const policies = ["count:7", "bytes:100", "age:1", "leader:1", "adaptive"];
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

test("append waits for room when input outruns the disk", () =>
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

/** An input that a signal follows as soon as it was read. */
function interruptedAfter(text: string, signal: string) {
  const controller = new AbortController();
  async function* stdin() {
    yield* input(text);
    controller.abort(signal);
    await new Promise(() => {});
  }
  return { stdin: stdin(), interrupt: controller.signal };
}

test("append drains and exits with 130 when interrupted", () =>
  withTempDir(async (dir) => {
    const { code, stderr } = await wal(
      ["append", dir, "--policy", "age:60000"],
      interruptedAfter("a\nb\npiece", "SIGINT"),
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

test("append keeps the lines before one that is too long", () =>
  withTempDir(async (dir) => {
    const chunk = new Uint8Array(16 * 1024 * 1024).fill(120);
    const stdin = input("one\ntwo\n", chunk, chunk, chunk, chunk, chunk);
    const { code, stderr } = await wal(["append", dir], { stdin });
    assertEquals(code, 1);
    assertStringIncludes(stderr, "acked 2 records (disk), 6 bytes");
    assertStringIncludes(
      stderr,
      "wal: Cannot append line 3 because a record has",
    );
    assertEquals((await wal(["cat", dir])).stdout.toString(), "one\ntwo\n");
  }));

test("append --take-over takes a log that is open elsewhere", () =>
  withTempDir(async (dir) => {
    const owner = await Wal.open(dir);
    await owner.append("one");
    const refused = await wal(["append", dir]);
    assertStringIncludes(refused.stderr, "--take-over");
    const stdin = input("two");
    const { code } = await wal(["append", dir, "--take-over"], { stdin });
    assertEquals(code, 0);
    await owner.close().catch(() => {});
    assertEquals((await wal(["cat", dir])).stdout.toString(), "one\ntwo\n");
  }));

test("append mentions --take-over once", () =>
  withTempDir(async (dir) => {
    writeFileSync(join(dir, "00000001.lock"), "rubbish");
    const { stderr } = await wal(["append", dir]);
    assertEquals(stderr.split("--take-over").length, 2);
  }));

test("append --segment-bytes begins a new segment when one is full", () =>
  withTempDir(async (dir) => {
    const text = `${"x".repeat(1500)}\n`.repeat(6);
    const args = ["--segment-bytes", "4k", "--policy", "count:1"];
    const { code } = await wal(["append", dir, ...args], {
      stdin: input(text),
    });
    assertEquals([code, (await segmentPaths(dir)).length > 1], [0, true]);
  }));

test("append and cat --follow end with 129 when the terminal is gone", () =>
  withTempDir(async (dir) => {
    const append = await wal(
      ["append", dir],
      interruptedAfter("a\n", "SIGHUP"),
    );
    const controller = new AbortController();
    setTimeout(() => controller.abort("SIGHUP"), 50);
    const { signal: interrupt } = controller;
    const cat = await wal(["cat", dir, "--follow"], { interrupt });
    assertEquals([append.code, cat.code], [129, 129]);
    assertEquals((await wal(["cat", dir])).stdout.toString(), "a\n");
  }));

test("append says one byte and one record in the singular", () =>
  withTempDir(async (dir) => {
    const { stderr } = await wal(["append", dir], { stdin: input("a\n") });
    assertStringIncludes(stderr, "acked 1 record (disk), 1 byte, in");
    assertEquals(stderr.endsWith(", LSN 1\n"), true);
  }));

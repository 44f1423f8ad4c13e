import type { Output } from "../../../cli/io/cli_io.ts";
import { Wal } from "../../../wal.ts";
import { assertEquals, assertStringIncludes } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import {
  flip,
  segmentPaths,
  tornLog,
  wal,
  withLog,
  withSegments,
} from "../../kit/run_tool.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

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
    const { code, stdout } = await wal(["cat", dir, "--written"]);
    assertEquals([code, stdout.length], [0, 5 * 1501]);
  }));

test("cat --follow shows new records, across segments, until SIGINT", () =>
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

test("cat --follow continues across a checkpoint and the next owner", () =>
  withTempDir(async (dir) => {
    const first = await Wal.open(dir, { segmentBytes: 4096 });
    const record = (lsn: number) => `${lsn} `.padEnd(1500, ".");
    const expected = Array.from(
      { length: 9 },
      (_, at) => `${record(at + 1)}\n`,
    );
    for (let lsn = 1; lsn <= 4; lsn++) await first.append(record(lsn));
    const controller = new AbortController();
    const running = wal(["cat", dir, "--follow"], {
      interrupt: controller.signal,
    });
    const pause = () => new Promise((resolve) => setTimeout(resolve, 250));
    await pause();
    for (let lsn = 5; lsn <= 6; lsn++) await first.append(record(lsn));
    await pause();
    // Everything was shown: the segment that is being read goes, too.
    await first.truncateBefore(7);
    await first.close();
    const second = await Wal.open(dir);
    for (let lsn = 7; lsn <= 8; lsn++) await second.append(record(lsn));
    await pause();
    const third = await Wal.open(dir, { takeOver: true });
    await third.append(record(9));
    await pause();
    controller.abort("SIGINT");
    const { stdout, stderr } = await running;
    await third.close();
    await second.close().catch(() => {});
    assertEquals([stderr, `${stdout}`], ["", expected.join("")]);
  }));

test("cat --follow says so when a checkpoint drops what it has not shown", () =>
  withTempDir(async (dir) => {
    await using log = await Wal.open(dir);
    for (const record of ["one", "two", "three"]) await log.append(record);
    await log.truncateBefore(3);
    const { code, stderr } = await wal(["cat", dir, "-f", "--from", "2"]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "Cannot read record 2 because it was dropped");
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

test("cat ends quietly when its reader is gone", () =>
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
    assertStringIncludes(
      stderr,
      "Cannot read record 1 because it was dropped by a checkpoint",
    );
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

test("cat shows what precedes damage", () =>
  withSegments(async (dir) => {
    const [, second] = await segmentPaths(dir);
    await flip(second, 3000);
    const { code, stdout } = await wal(["cat", dir]);
    assertEquals([code, stdout.length], [1, 3 * 1501]);
  }));

test("cat leaves out a torn end and says nothing", () =>
  withTempDir(async (dir) => {
    await tornLog(dir);
    const { code, stdout, stderr } = await wal(["cat", dir, "--written"]);
    assertEquals([code, `${stdout}`, stderr], [0, "one\n", ""]);
  }));

test("cat shows what is durable, and with --written the rest", () =>
  withTempDir(async (dir) => {
    await using log = await Wal.open(dir, { synchronous: "off" });
    for (const record of ["one", "two", "three"]) await log.append(record);
    const durable = await wal(["cat", dir]);
    assertEquals([durable.code, durable.stdout.length], [0, 0]);
    assertStringIncludes(durable.stderr, "3 records at the end are not shown");
    const written = await wal(["cat", dir, "--written"]);
    assertEquals(`${written.stdout} ${written.stderr}`, "one\ntwo\nthree\n ");
    const last = await wal(["cat", dir, "--written", "--last", "2"]);
    assertEquals(`${last.stdout}`, "two\nthree\n");
    const most = await wal(["cat", dir, "--written", "--last", "9"]);
    assertEquals(most.stdout.length, 14);
    const both = await wal(["cat", dir, "--last", "2", "--to", "3"]);
    assertEquals(both.code, 2);
  }));

test("cat --follow goes on in a segment that is reused", () =>
  withTempDir(async (dir) => {
    const log = await Wal.open(dir, { segmentBytes: 16384 });
    const record = (lsn: number) => `${lsn} `.padEnd(999, ".");
    const controller = new AbortController();
    let shown = 0;
    let reached = () => {};
    const stdout: Output = {
      isTerminal: false,
      write(bytes) {
        shown += bytes.length;
        reached();
        return Promise.resolve();
      },
    };
    const interrupt = controller.signal;
    const running = wal(["cat", dir, "--follow"], { interrupt, stdout });
    for (let lsn = 1; lsn <= 200; lsn++) {
      await log.append(record(lsn));
      while (shown < 1000 * lsn) {
        await new Promise<void>((resolve) => reached = resolve);
      }
      if (lsn % 30 === 0) await log.truncateBefore(lsn);
    }
    controller.abort("SIGINT");
    assertEquals((await running).stderr, "");
    await log.close();
  }));

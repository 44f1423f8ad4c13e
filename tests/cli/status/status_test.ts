import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Wal } from "../../../wal.ts";
import { assertEquals, assertStringIncludes } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { flip, segmentPaths, wal, withLog } from "../../kit/run_tool.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

/** The limits of the disk depend on the machine. */
const ANY_DISK = ["--warn-free", "0", "--critical-free", "0"];

/** The exit code, and the lines. */
async function status(
  dir: string,
  ...args: string[]
): Promise<[number, string[]]> {
  const run = await wal(["status", dir, ...ANY_DISK, ...args]);
  assertEquals(run.stderr, "");
  return [run.code, `${run.stdout}`.trimEnd().split("\n")];
}

test("status exits with 0, 1 or 2, and has a line for each problem", () =>
  withLog("one\ntwo\n", async (dir) => {
    const [code, [first, , ...rows]] = await status(dir);
    assertEquals([code, first.split(",")[0]], [0, "OK: 2 records"]);
    assertStringIncludes(
      rows[0],
      "records  2 records, LSN 1 to 2; all durable",
    );
    assertStringIncludes(rows.join("\n"), "lock     free; the log was closed");
    const log = await Wal.open(dir);
    await log.cursor("behind");
    await log.close();
    const args = ["--warn-lag=1", "--critical-bytes=10", "--require-owner"];
    const [worst, lines] = await status(dir, ...args);
    assertEquals([worst, ...lines.slice(0, 4)], [
      2,
      "CRITICAL: no process has the log open",
      lines[1],
      'WARNING: cursor "behind" lags by 2 records, more than 1 record',
      "",
    ]);
    assertStringIncludes(lines[1], "CRITICAL: the log has ");
    assertEquals((await status(dir, "--warn-lag=1"))[0], 1);
    await flip((await segmentPaths(dir)).at(-1)!, 100);
    const [damaged, [line]] = await status(dir);
    assertEquals([damaged, line.slice(0, 11)], [2, 'CRITICAL: "']);
  }));

test("status commands no terminal, whatever a file is called", () =>
  withLog("one\n", async (dir) => {
    await mkdir(join(dir, "\x1b[2Jstray.wal"));
    const [code, lines] = await status(dir);
    assertEquals(code, 1);
    assertStringIncludes(lines.join("\n"), "stray    ?[2Jstray.wal");
  }));

test("status exits with 3 if there is no log, and for bad arguments", () =>
  withTempDir(async (top) => {
    const [code, lines] = await status(join(top, "none"));
    assertEquals([code, lines.length], [3, 1]);
    assertStringIncludes(lines[0], "UNKNOWN: Cannot show the status of");
    const empty = join(top, "empty");
    await mkdir(empty);
    assertEquals((await status(empty))[0], 3);
    await writeFile(join(empty, "other"), "");
    const [foreign, [line]] = await status(empty, "--json");
    assertEquals(foreign, 3);
    const { state, problems } = JSON.parse(line);
    assertEquals([state, problems[0].level, problems[0].code], [
      ...["unknown", "unknown", "foreign-file"],
    ]);
    await rm(empty, { recursive: true });
    for (const args of [["--warn-age", "5"], ["--warn-lag", "x"], ["more"]]) {
      const bad = await wal(["status", empty, ...args]);
      assertEquals([bad.code, bad.stdout.length], [3, 0]);
      assertStringIncludes(bad.stderr, 'Try "wal status --help"');
    }
  }));

test("status --json says the same as the text", () =>
  withLog("one\ntwo\n", async (dir) => {
    const [code, lines] = await status(dir, "--json", "--warn-bytes", "1");
    const { lock, disk: _, problems, ...found } = JSON.parse(lines.join(""));
    assertEquals([code, lock.state, problems[0].code], [1, "free", "bytes"]);
    const { oldestTime, newestTime, ageMs, bytes, ...rest } = found;
    assertEquals([typeof ageMs, typeof bytes], ["number", "number"]);
    assertEquals(Date.parse(oldestTime) <= Date.parse(newestTime), true);
    assertEquals(rest, {
      ...{ state: "warning", firstLsn: 1, lastLsn: 2, durableLsn: 2 },
      ...{ records: 2, closed: true, segments: 1, cursors: [], snapshots: [] },
      ...{ fenced: [], originals: [], strays: [], unfinished: [] },
      ...{ obsolete: [], replaced: [] },
    });
  }));

test("status --live says what the owner knows", () =>
  withTempDir(async (dir) => {
    const log = await Wal.open(dir);
    await log.append("one");
    const [code, [json]] = await status(dir, "--live", "--json");
    const { live, problems } = JSON.parse(json);
    assertEquals([code, problems], [0, []]);
    assertEquals(live.health, { status: "healthy", reasons: [] });
    assertEquals(live.alerts, []);
    assertEquals(live.atRisk.records, 0);
    await log.close();
    // Nobody is there to be asked.
    const [, [closed]] = await status(dir, "--live", "--json");
    assertEquals(JSON.parse(closed).live, undefined);
  }));

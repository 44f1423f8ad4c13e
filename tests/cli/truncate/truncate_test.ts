import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { Wal } from "../../../wal.ts";
import { systemClock } from "../../../writer/clock.ts";
import { assertEquals, assertStringIncludes } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { wal, withLog, withSegments } from "../../kit/run_tool.ts";
import { snapshotDir } from "../../kit/snapshot_dir.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

/** The JSON that it prints. */
async function truncated(dir: string, ...args: string[]) {
  const run = await wal(["truncate", dir, "--json", ...args]);
  assertEquals(run.code, 0, run.stderr);
  const result = JSON.parse(`${run.stdout}`);
  return { ...result, warnings: run.stderr };
}

/** The LSNs that are left. */
async function left(dir: string): Promise<number[]> {
  const { stdout } = await wal(["cat", dir, "--json"]);
  return `${stdout}`.split("\n").filter(Boolean)
    .map((line) => JSON.parse(line).lsn);
}

test("truncate --before, --keep-last and --after drop one end", () =>
  withSegments(async (dir) => {
    const plan = await truncated(dir, "--before", "4", "--dry-run");
    assertEquals([plan.state, plan.dropped], [
      "planned",
      { firstLsn: 1, lastLsn: 3, records: 3 },
    ]);
    assertEquals(await left(dir), [1, 2, 3, 4, 5, 6]);
    const { state, dropped, freedBytes } = await truncated(dir, "--before=4");
    assertEquals([state, dropped], ["truncated", plan.dropped]);
    assertEquals(freedBytes > 2000, true);
    assertEquals(await left(dir), [4, 5, 6]);
    const again = await truncated(dir, "--before", "4");
    assertEquals([again.state, again.dropped], ["unchanged", { records: 0 }]);
    await truncated(dir, "--keep-last", "2");
    assertEquals(await left(dir), [5, 6]);
    assertEquals((await truncated(dir, "--after=5", "--yes")).lastLsn, 5);
    assertEquals(await left(dir), [5]);
    await truncated(dir, "--keep-last", "0");
    assertEquals(await left(dir), []);
    assertEquals((await truncated(dir, "--keep-last", "9")).firstLsn, 6);
    const beyond = await wal(["truncate", dir, "--before", "9"]);
    assertEquals(beyond.code, 1);
    assertStringIncludes(
      beyond.stderr,
      "its LSN must be an integer from 1 to 6",
    );
  }));

test("truncate --older-than goes by the time of the records", () =>
  withTempDir(async (dir) => {
    let time = Date.now() - 3_600_000;
    const clock = { ...systemClock, wallTime: () => time };
    const log = await Wal.open(dir, { clock });
    await log.append("old");
    time += 3_590_000;
    await log.append("new");
    await log.close();
    await truncated(dir, "--older-than", "2h");
    assertEquals(await left(dir), [1, 2]);
    await truncated(dir, "--older-than", "30m");
    assertEquals(await left(dir), [2]);
  }));

test("truncate keeps what cursors need, unless it is told otherwise", () =>
  withSegments(async (dir) => {
    const log = await Wal.open(dir);
    for (const [name, lsn] of [["slow", 1], ["fast", 4]] as const) {
      await (await log.cursor(name)).commit(lsn);
    }
    await log.close();
    const held = await truncated(dir, "--before", "6");
    assertEquals([held.firstLsn, held.heldBy], [2, ["slow"]]);
    const text = await wal(["truncate", dir, "--before", "6", "--dry-run"]);
    assertEquals(
      `${text.stdout}`.split("\n")[0],
      'held     records from LSN 2 on are kept for 1 cursor: "slow"',
    );
    const named = await truncated(
      dir,
      "--before=6",
      "--hold",
      "fast",
      "--dry-run",
    );
    assertEquals([named.firstLsn, named.heldBy], [5, ["fast"]]);
    const limited = await truncated(dir, "--before", "6", "--hold-limit", "1k");
    assertEquals([limited.firstLsn, limited.heldBy], [5, ["fast"]]);
    const warning = JSON.parse(limited.warnings);
    assertEquals(warning.code, "warning");
    assertStringIncludes(warning.message, 'cursor "slow" of');
    const all = await truncated(dir, "--before", "6", "--ignore-cursors");
    assertEquals([all.firstLsn, all.heldBy], [6, []]);
  }));

test("truncate --after names cursors that are left beyond the end", () =>
  withLog("one\ntwo\nthree\n", async (dir) => {
    const log = await Wal.open(dir);
    await (await log.cursor("ahead")).commit(3);
    await log.close();
    const before = await snapshotDir(dir);
    const refused = await wal(["truncate", dir, "--after", "1"]);
    assertEquals(refused.code, 2);
    assertStringIncludes(refused.stderr, "give --yes as well, or --dry-run");
    const plan = await truncated(dir, "--after", "1", "--dry-run");
    assertEquals([plan.dropped.records, plan.beyond], [2, ["ahead"]]);
    assertEquals(await snapshotDir(dir), before);
    const { stdout } = await wal(["truncate", dir, "--after", "1", "--yes"]);
    assertStringIncludes(`${stdout}`, 'warning  1 cursor: "ahead" must seek');
    assertStringIncludes(`${stdout}`, "dropped 2 records, LSN 2 to 3, which");
    assertEquals(await left(dir), [1]);
  }));

test("truncate refuses a log in use, a directory without one, and bad goals", () =>
  withTempDir(async (top) => {
    const dir = join(top, "log");
    const log = await Wal.open(dir);
    await log.append("one");
    const locked = await wal(["truncate", dir, "--before=2", "--json"]);
    assertEquals([locked.code, JSON.parse(locked.stderr).code], [
      ...[1, "log-locked"],
    ]);
    assertEquals((await truncated(dir, "--before=2", "--dry-run")).firstLsn, 2);
    await log.close();
    const empty = join(top, "empty");
    await mkdir(empty);
    const none = await wal(["truncate", empty, "--keep-last", "1"]);
    assertEquals([none.code, await readdir(empty)], [1, []]);
    assertStringIncludes(none.stderr, "because it holds no log");
    for (
      const args of [
        ...[[], ["--before", "1", "--after", "1"], ["--before", "0"]],
        ...[["--older-than", "7"], ["--before=1", "--hold", "A B"]],
        ...[["--after=0", "--yes", "--hold", "a"]],
        ["--before=1", "--ignore-cursors", "--hold-limit=1k"],
      ]
    ) {
      const { code } = await wal(["truncate", dir, ...args]);
      assertEquals(code, 2, args.join(" "));
    }
  }));

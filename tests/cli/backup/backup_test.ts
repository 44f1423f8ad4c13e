import { existsSync } from "node:fs";
import { join } from "node:path";
import { Wal } from "../../../wal.ts";
import { assertEquals, assertStringIncludes } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { withTempDir } from "../../kit/temp_dir.ts";
import { flip, segmentPaths, wal, withSegments } from "../../kit/run_tool.ts";
import { snapshotDir } from "../../kit/snapshot_dir.ts";

/** A log in a directory, and a directory for more. */
function withBoth(
  use: (dir: string, top: string) => Promise<void>,
): Promise<void> {
  return withSegments((dir) => withTempDir((top) => use(dir, top)));
}

test("backup copies a log, then only what is new; restore makes a log of it", () =>
  withBoth(async (dir, top) => {
    const target = join(top, "backup");
    const before = await snapshotDir(dir);
    const first = await wal(["backup", dir, target]);
    assertEquals([first.code, first.stderr], [0, ""]);
    assertStringIncludes(`${first.stdout}`, "OK: LSN 1 to 6 in 3 segments; ");
    assertStringIncludes(`${first.stdout}`, " bytes copied, 0 bytes kept\n");
    assertEquals(await snapshotDir(dir), before);
    const again = await wal(["backup", dir, target, "--json", "--verify"]);
    const { copiedBytes, ...report } = JSON.parse(`${again.stdout}`);
    assertEquals(copiedBytes, 0);
    assertEquals(Object.keys(report), [
      ...["firstLsn", "lastLsn", "segments", "snapshots", "cursors"],
      ...["copiedSegments", "keptBytes"],
    ]);
    const restored = join(top, "restored");
    const { code, stdout } = await wal([
      ...["restore", target, restored, "--lsn", "4", "--json"],
    ]);
    assertEquals(code, 0);
    const { firstLsn, lastLsn } = JSON.parse(`${stdout}`);
    assertEquals([firstLsn, lastLsn], [1, 4]);
    const log = await Wal.open(restored);
    assertEquals(log.lastLsn, 4);
    await log.close();
    const late = join(top, "late");
    const all = await wal(["restore", target, late, "--time", "2999-01-01"]);
    assertStringIncludes(`${all.stdout}`, "OK: LSN 1 to 6 in 3 segments, ");
  }));

test("backup and restore refuse damage, and what is there, with exit code 1", () =>
  withBoth(async (dir, top) => {
    const target = join(top, "backup");
    await wal(["backup", dir, target]);
    const onto = await wal(["restore", target, dir]);
    assertEquals(onto.code, 1);
    assertStringIncludes(onto.stderr, "because it holds files, such as");
    const back = await wal(["backup", target, dir]);
    assertStringIncludes(back.stderr, "it holds a log that is not a backup");
    const early = await wal([
      "restore",
      target,
      join(top, "x"),
      "--lsn",
      "9",
    ]);
    assertEquals(early.code, 1);
    assertStringIncludes(early.stderr, "lsn must be an integer from 0 to 6");
    const [, segment] = await segmentPaths(dir);
    await flip(segment, 200);
    const fresh = join(top, "fresh");
    const { code, stderr } = await wal(["backup", dir, fresh]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, `Cannot read "${segment}" at offset 64`);
    const nothing = await wal(["backup", join(dir, "nowhere"), fresh]);
    assertStringIncludes(nothing.stderr, "there is no such directory");
    assertEquals(existsSync(join(dir, "nowhere")), false);
  }));

test("backup and restore need two directories, and options that make sense", async () => {
  for (
    const args of [
      ...[["backup"], ["backup", "a"], ["backup", "a", "b", "c"]],
      ...[["restore", "a"], ["restore", "a", "b", "--lsn", "x"]],
      ["restore", "a", "b", "--lsn", "1", "--time", "2026-01-01"],
      ["restore", "a", "b", "--time", "yesterday"],
      ["backup", "a", "b", "--lsn", "1"],
    ]
  ) {
    const { code, stderr } = await wal(args);
    assertEquals(code, 2, args.join(" "));
    assertStringIncludes(stderr, `Try "wal ${args[0]} --help"`);
  }
});

test("backup ends at a signal", () =>
  withBoth(async (dir, top) => {
    const target = join(top, "backup");
    const interrupt = AbortSignal.abort("SIGTERM");
    const { code, stderr } = await wal(["backup", dir, target], { interrupt });
    assertEquals(code, 143);
    assertStringIncludes(stderr, "interrupted: the backup holds what it held");
  }));

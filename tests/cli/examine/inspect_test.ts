import { readFile } from "node:fs/promises";
import { Wal } from "../../../wal.ts";
import { assertEquals, assertStringIncludes } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import {
  segmentPaths,
  tornLog,
  wal,
  withSegments,
} from "../../kit/run_tool.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

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

test("inspect reports a torn end, and who holds the lock", () =>
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

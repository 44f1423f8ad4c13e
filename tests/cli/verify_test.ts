import { writeFile } from "node:fs/promises";
import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { test } from "../support/register.ts";
import {
  flip,
  segmentPaths,
  tornLog,
  wal,
  withSegments,
} from "../support/run_tool.ts";
import { withTempDir } from "../support/temp_dir.ts";

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

/*
 * Goal: what a displaced owner wrote, and files that do not belong to the log,
 * are shown as what they are, and are not damage.
 */
import { Buffer } from "node:buffer";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import {
  encodeFrame,
  type Frame,
  frameBytes,
  KIND,
} from "../../../storage/format/frame.ts";
import { Wal } from "../../../wal.ts";
import { assertEquals, assertStringIncludes } from "../../kit/assert.ts";
import { frameIn } from "../../kit/decode_bytes.ts";
import { test } from "../../kit/register.ts";
import {
  killed,
  manifestPath,
  segmentPaths,
  wal,
  withLog,
  withSegments,
} from "../../kit/run_tool.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

/** A log of records 1 to 3, and records 3 to 4 of a displaced owner. */
function withFenced(use: (dir: string, name: string) => Promise<void>) {
  return withTempDir(async (dir) => {
    const zombie = await Wal.open(dir, { segmentBytes: 4096 });
    const append = (log: Wal) => log.append("".padEnd(1500, "."));
    for (let record = 1; record <= 2; record++) await append(zombie);
    const [first] = await segmentPaths(dir);
    const paths = [first, await manifestPath(dir)];
    const before = await Promise.all(paths.map((path) => readFile(path)));
    for (let record = 3; record <= 4; record++) await append(zombie);
    await killed(dir, zombie);
    const [, fenced] = await segmentPaths(dir);
    const bytes = await readFile(fenced);
    await rm(fenced);
    for (const [index, path] of paths.entries()) {
      await writeFile(path, before[index]);
    }
    const owner = await Wal.open(dir);
    await append(owner);
    await owner.close();
    await writeFile(fenced, bytes);
    await use(dir, basename(fenced));
  });
}

test("fenced segments are listed with their records, and are not damage", () =>
  withFenced(async (dir, name) => {
    const runs = [["verify"], ["inspect"], ["repair", "--dry-run"], ["repair"]];
    for (const [command, ...rest] of runs) {
      const { code, stdout } = await wal([command, dir, ...rest]);
      assertEquals(code, 0);
      const said = `${stdout}`.split("\n").filter((line) =>
        line.startsWith("fenced")
      );
      assertEquals(said.length, 1);
      assertStringIncludes(said[0], name);
      assertStringIncludes(said[0], "holds records 3 to 4 that the owner of");
      const json = await wal([command, dir, ...rest, "--json"]);
      const { fenced, records } = JSON.parse(`${json.stdout}`);
      assertEquals(fenced, [{ name, epoch: 1, firstLsn: 3, lastLsn: 4 }]);
      assertEquals(records, 3);
    }
    assertEquals((await wal(["cat", dir])).stdout.length, 3 * 1501);
  }));

test("an unreadable fenced segment is reported as such", () =>
  withFenced(async (dir, name) => {
    await writeFile(join(dir, name), "12345678");
    const { code, stdout } = await wal(["verify", dir]);
    assertEquals(code, 0);
    assertStringIncludes(`${stdout}`, "cannot be read: segment header short");
    const json = await wal(["repair", dir, "--json"]);
    const { fenced: [{ lastLsn, reason }] } = JSON.parse(`${json.stdout}`);
    assertEquals(lastLsn, 2);
    assertStringIncludes(reason, "segment header short: expected 64 bytes");
  }));

test("what a displaced owner wrote after the log's end is not counted", () =>
  withSegments(async (dir) => {
    const last = (await segmentPaths(dir)).at(-1)!;
    // An owner that finds that the log ends with record 6, and appends nothing.
    await killed(dir, await Wal.open(dir));
    await writeFile(last, goneOn(await readFile(last)));
    const { code, stdout } = await wal(["verify", dir, "--json"]);
    const { records, lastLsn, end } = JSON.parse(`${stdout}`);
    assertEquals([code, records, lastLsn, end.state], [0, 6, 6, "frame"]);
    const { code: shown, stdout: text } = await wal(["cat", dir]);
    assertEquals([shown, text.length], [0, 6 * 1501]);
    const { stdout: repaired } = await wal(["repair", dir]);
    assertEquals(`${repaired}`, "OK: 6 records; there is nothing to repair\n");
  }));

/**
 * A segment of two records and a seal, with a third record instead of the seal.
 */
function goneOn(segment: Buffer): Buffer {
  let frame = frameIn(segment.subarray(64)) as Frame;
  const offset = 64 + 2 * frame.bytes;
  frame = frameIn(segment.subarray(64 + frame.bytes)) as Frame;
  const { salt, checksum: previous, time } = frame;
  const length = 4;
  const bytes = Buffer.alloc(frameBytes(length));
  const lsns = { firstLsn: 7, syncedLsn: 6, count: 1 };
  encodeFrame(bytes, {
    ...{ salt, previous, ...lsns, length, time, kind: KIND.records },
  });
  return Buffer.concat([segment.subarray(0, offset), bytes]);
}

test("records below the low mark are neither shown nor counted", () =>
  withSegments(async (dir) => {
    const log = await Wal.open(dir);
    await log.truncateBefore(4);
    await log.close();
    for (const args of [["verify"], ["inspect"]]) {
      const { stdout } = await wal([args[0], dir, "--json"]);
      const { firstLsn, records, segments } = JSON.parse(`${stdout}`);
      assertEquals([firstLsn, records], [4, 3]);
      assertEquals([segments[0].firstLsn, segments[0].lastLsn], [4, 4]);
    }
    const { stdout } = await wal(["repair", dir]);
    assertEquals(`${stdout}`, "OK: 3 records; there is nothing to repair\n");
    assertEquals((await wal(["cat", dir])).stdout.length, 3 * 1501);
    const { code, stderr } = await wal(["cat", dir, "--from", "3"]);
    assertEquals(code, 1);
    assertEquals(
      stderr,
      "wal: Cannot read record 3 because it was dropped by a checkpoint: the " +
        "oldest record kept is 4\n",
    );
  }));

test("files that do not belong to the log are warnings, and are not damage", () =>
  withLog("one\n", async (dir) => {
    await writeFile(join(dir, "notes.txt"), "");
    await mkdir(join(dir, "backup"));
    await writeFile(join(dir, "user-cursor"), "");
    await writeFile(join(dir, ".hidden"), "");
    for (const command of ["verify", "inspect", "repair"]) {
      const { code, stdout } = await wal([command, dir]);
      assertEquals(code, 0);
      const said = `${stdout}`.split("\n").filter((line) =>
        line.includes("does not belong to the log, and is left alone")
      );
      assertEquals(said.map((line) => line.split(/\s+/)[1]).sort(), [
        "backup",
        "notes.txt",
      ]);
      const json = await wal([command, dir, "--json"]);
      const { strays } = JSON.parse(`${json.stdout}`);
      assertEquals(strays.sort(), ["backup", "notes.txt"]);
    }
  }));

test("inspect shows what the manifest says", () =>
  withSegments(async (dir) => {
    const log = await Wal.open(dir);
    await log.truncateBefore(3);
    const open = `${(await wal(["inspect", dir])).stdout}`;
    assertStringIncludes(open, ", epoch 2, open\n");
    await log.close();
    const closed = `${(await wal(["inspect", dir])).stdout}`;
    assertStringIncludes(closed, ", epoch 2, closed\n");
    assertStringIncludes(
      closed,
      "first LSN 3, durable up to LSN 6; the epoch began after LSN 6",
    );
    const json = await wal(["inspect", dir, "--json"]);
    const { manifest: { log: id, ...rest } } = JSON.parse(`${json.stdout}`);
    assertEquals(/^[0-9a-f]{32}$/.test(id), true);
    assertEquals(rest, {
      ...{ epoch: 2, firstLsn: 3, baseLsn: 6, durableLsn: 6, closed: true },
    });
  }));

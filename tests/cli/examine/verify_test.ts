import { Buffer } from "node:buffer";
import { writeFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { Wal } from "../../../wal.ts";
import { anotherTurn } from "../../kit/another_turn.ts";
import { assertEquals, assertStringIncludes } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import {
  flip,
  segmentPaths,
  tornLog,
  wal,
  withSegments,
} from "../../kit/run_tool.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

test("verify counts what is whole", () =>
  withSegments(async (dir) => {
    const { code, stdout } = await wal(["verify", dir]);
    assertEquals(code, 0);
    assertStringIncludes(`${stdout}`, "OK: 6 records in");
  }));

test("verify recognizes the index of a large segment", () =>
  withTempDir(async (dir) => {
    const log = await Wal.open(dir);
    for (let lsn = 1; lsn <= 40; lsn++) await log.append(new Uint8Array(9000));
    await log.close();
    const { code, stdout } = await wal(["verify", dir]);
    assertEquals(code, 0);
    assertStringIncludes(`${stdout}`, "OK: 40 records in 41 frames");
  }));

test("verify reports a torn end, which is not damage", () =>
  withTempDir(async (dir) => {
    await tornLog(dir);
    const { code, stdout } = await wal(["verify", dir]);
    assertEquals(code, 0);
    assertStringIncludes(`${stdout}`, "torn");
    assertStringIncludes(`${stdout}`, "20 bytes left by a crash; not");
  }));

test("verify finds a flipped bit in a sealed segment, and continues", () =>
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

test("verify finds a segment that is damaged or emptied", () =>
  withSegments(async (dir) => {
    const [, second, third] = await segmentPaths(dir);
    await flip(third, 10);
    const damaged = await wal(["verify", dir]);
    assertEquals(damaged.code, 1);
    assertStringIncludes(`${damaged.stdout}`, `"${third}"`);
    await flip(third, 10);
    await writeFile(second, "");
    const emptied = await wal(["verify", dir]);
    assertStringIncludes(`${emptied.stdout}`, "DAMAGED: 1 of 3");
  }));

/** Lends a log that is open, and what its second frame, at `offset`, holds. */
function withOwner(
  use: (log: OwnedLog) => Promise<void>,
): Promise<void> {
  return withTempDir(async (dir) => {
    await using wal = await Wal.open(dir);
    await wal.append("one");
    await anotherTurn(); // It falls idle, and says what is synced.
    const [path] = await segmentPaths(dir);
    const before = await readFile(path);
    await wal.append("two");
    await anotherTurn();
    const after = await readFile(path);
    const changed = before.findIndex((byte, at) => byte !== after[at]);
    const offset = changed === -1 ? before.length : changed;
    const part = Buffer.from(after);
    part.fill(0, offset + 20);
    await use({ dir, path, offset, part, after });
  });
}

interface OwnedLog {
  dir: string;
  path: string;
  offset: number;
  /** The log with half a frame at its end, and with all of it. */
  part: Uint8Array;
  after: Uint8Array;
}

test("verify reports a partial frame of a running owner as being written", () =>
  withOwner(async ({ dir, path, offset, part }) => {
    await writeFile(path, part);
    const { code, stdout } = await wal(["verify", dir]);
    assertEquals(code, 0);
    assertStringIncludes(`${stdout}`, "writing  ");
    assertStringIncludes(`${stdout}`, `at offset ${offset}: `);
    assertStringIncludes(`${stdout}`, "is writing; not damage");
    assertStringIncludes(`${stdout}`, "OK: 1 record in 1 frame and 1 segment;");
    const json = JSON.parse(`${(await wal(["verify", dir, "--json"])).stdout}`);
    assertEquals([json.state, json.end.state], ["ok", "writing"]);
    const { stdout: text } = await wal(["inspect", dir]);
    assertStringIncludes(`${text}`, "a frame is being written at offset");
  }));

test("verify looks again before it says so", () =>
  withOwner(async ({ dir, path, part, after }) => {
    await writeFile(path, part);
    setTimeout(() => writeFileSync(path, after), 30);
    const { code, stdout } = await wal(["verify", dir]);
    assertEquals([code, `${stdout}`.includes("writing")], [0, false]);
    assertStringIncludes(`${stdout}`, "OK: 2 records in 2 frames");
  }));

test("verify --json says what the text says, of a log that is whole", () =>
  withSegments(async (dir) => {
    const { code, stdout } = await wal(["verify", dir, "--json"]);
    const { segments, ...json } = JSON.parse(`${stdout}`);
    assertEquals(code, 0);
    const end = { state: "closed", offset: json.end.offset, bytes: 0 };
    const { log } = json.manifest;
    assertEquals(json, {
      ...{ state: "ok", firstLsn: 1, lastLsn: 6, records: 6, lost: 0 },
      ...{ frames: json.frames, bytes: json.bytes, syncedLsn: 6 },
      ...{ end, lock: { state: "free" } },
      manifest: {
        ...{ log, epoch: 1, firstLsn: 1, baseLsn: 0, durableLsn: 6 },
        closed: true,
      },
      ...{ fenced: [], unfinished: [], obsolete: [], replaced: [] },
      ...{ originals: [], strays: [] },
    });
    assertEquals(
      Object.keys(segments[0]),
      "name epoch firstLsn lastLsn frames bytes syncedLsn holes".split(" "),
    );
  }));

test("verify --json says where the damage is, with the same exit code", () =>
  withSegments(async (dir) => {
    const [first] = await segmentPaths(dir);
    await flip(first, 200);
    const { code, stdout } = await wal(["verify", dir, "--json"]);
    const { state, segments } = JSON.parse(`${stdout}`);
    assertEquals([code, state, segments.length], [1, "damaged", 3]);
    const { damage: { file, offset, reason } } = segments[0];
    assertEquals([file, offset], [first, 64]);
    assertStringIncludes(reason, "checksum: expected 0x");
  }));

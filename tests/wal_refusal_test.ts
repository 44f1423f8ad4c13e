import { chmod, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { ForeignFileError } from "../recovery/survey.ts";
import { crc32 } from "../storage/format/crc32.ts";
import { FormatVersionError } from "../storage/format/envelope.ts";
import { formatSegmentName } from "../storage/format/file_names.ts";
import { encodeSegmentHeader } from "../storage/format/segment_header.ts";
import { MemoryStorage } from "../storage/memory/memory_storage.ts";
import { LogLockedError } from "../storage/storage.ts";
import { StorageError } from "../storage/storage_error.ts";
import { Wal } from "../wal.ts";
import { anotherTurn } from "./kit/another_turn.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "./kit/assert.ts";
import { FakeFrameLog } from "./kit/fake_frame_log.ts";
import { test } from "./kit/register.ts";
import { snapshotDir } from "./kit/snapshot_dir.ts";
import { withTempDir } from "./kit/temp_dir.ts";

/** Opens `dir`, which has to fail and to leave every byte as it was. */
async function refused<Thrown extends Error>(
  dir: string,
  error: abstract new (...args: never[]) => Thrown,
): Promise<Thrown> {
  const before = await snapshotDir(dir);
  const thrown = await assertRejects(() => Wal.open(dir), error);
  assertEquals(await snapshotDir(dir), before);
  return thrown;
}

/** Writes a log with some records and closes it. */
async function makeLog(dir: string): Promise<void> {
  await using wal = await Wal.open(dir);
  await wal.appendBatch(["a", "b"]);
}

const integers = [
  "segmentBytes",
  "maxQueuedBytes",
  "maxQueuedRecords",
  "maxWaitingBytes",
  "maxWaitingRecords",
];

test("Wal.open() refuses options out of bounds, by name", async () => {
  const rows: [string, unknown, string, string][] = [
    ["segmentBytes", 4095, "an integer of at least 4096", "4095"],
    ["maxQueuedBytes", 0, "an integer of at least 1", "0"],
    ["maxQueuedRecords", -1, "an integer of at least 1", "-1"],
    ["syncIntervalMs", -1, "a number of at least 0", "-1"],
    ["syncIntervalMs", NaN, "a number of at least 0", "NaN"],
  ];
  for (const name of integers) {
    const least = name === "segmentBytes" ? 4096 : 1;
    for (const value of [NaN, Infinity, 5000.5, 2 ** 53]) {
      rows.push([name, value, `an integer of at least ${least}`, `${value}`]);
    }
  }
  for (const [name, value, rule, shown] of rows) {
    const open = () => Wal.open(new MemoryStorage(), { [name]: value });
    const { message } = await assertRejects(open, RangeError);
    const expected =
      `Cannot open a log because ${name} must be ${rule}: received ${shown}`;
    assertEquals(message, expected);
  }
});

test("Wal.open() refuses a trace without room", async () => {
  const trace = { write: () => {}, maxBytes: 0 };
  const open = () => Wal.open(new MemoryStorage(), { trace });
  const { message } = await assertRejects(open, RangeError);
  assertStringIncludes(message, "trace.maxBytes must be an integer of at");
});

test("Wal.open() refuses options of a wrong type, by name", async () => {
  const rows: [string, unknown, string][] = [
    ["segmentBytes", "8192", 'received "8192"'],
    ["maxQueuedBytes", 5n, "received 5"],
    ["maxQueuedRecords", true, "received true"],
    ["syncIntervalMs", "1000", 'received "1000"'],
    ["recovery", "rescue", 'must be "tail", "strict" or "salvage"'],
    ["policy", {}, "an object with a method due: received [object Object]"],
    ["trace", {}, "an object with a method write: received [object Object]"],
    ["trace", null, "an object with a method write: received null"],
    ["policy", null, "an object with a method due: received null"],
    ["segmentBytes", null, "an integer of at least 4096: received null"],
    ["policy", 5, "an object with a method due: received 5"],
    ["synchronous", "on", 'must be "full", "normal" or "off": received "on"'],
    ["takeOver", 1, "a boolean: received 1"],
  ];
  for (const [name, value, message] of rows) {
    const open = () => Wal.open(new MemoryStorage(), { [name]: value });
    const error = await assertRejects(open, Error, message);
    assertStringIncludes(error.message, name);
  }
});

test("Wal.open() refuses an interval where nothing is synced", async () => {
  const options = { synchronous: "off", syncIntervalMs: 5 } as const;
  const message = 'must be absent or Infinity with synchronous: "off"';
  await assertRejects(
    () => Wal.open(new MemoryStorage(), options),
    TypeError,
    message,
  );
});

test("Wal.open() refuses what is not a function, by name", async () => {
  for (const name of ["warn", "storage", "clock"]) {
    for (const value of [5, null]) {
      const open = () => Wal.open(new MemoryStorage(), { [name]: value });
      await assertRejects(open, TypeError, name);
    }
  }
});

test("Wal.open() refuses options that are not an object", async () => {
  for (
    const [options, shown] of [[null, "null"], [5, "5"], ["fast", '"fast"']]
  ) {
    const open = () => Wal.open(new MemoryStorage(), options as never);
    const { message } = await assertRejects(open, TypeError);
    assertStringIncludes(message, `must be an object: received ${shown}`);
  }
});

test("Wal.open() refuses an invalid target", async () => {
  for (const target of [null, undefined, 5, {}, true]) {
    const open = () => Wal.open(target as never);
    await assertRejects(open, TypeError, `received ${target}`);
  }
  await assertRejects(() => Wal.open(""), TypeError, 'received ""');
  const url = new URL("https://example.com/log");
  await assertRejects(() => Wal.open(url), TypeError, "https://example.com");
});

test("Wal.open() frees the lock when a policy's limits throw", async () => {
  const policy = {
    due: () => 0,
    get limits(): undefined {
      throw new Error("a getter that throws");
    },
  };
  const log = new FakeFrameLog();
  await Wal.open(log, { policy }).then((wal) => wal.close(), () => {});
  assert(log.calls.at(-1)?.startsWith("close"));
});

test("Wal.open() makes a directory, by path or by URL", () =>
  withTempDir(async (dir) => {
    const path = join(dir, "deep", "log");
    await makeLog(path);
    await using wal = await Wal.open(pathToFileURL(path));
    assertEquals(await wal.append("c"), 3);
  }));

test("Wal.open() refuses a directory that is a file", () =>
  withTempDir(async (dir) => {
    const path = join(dir, "file");
    await writeFile(path, "not a directory");
    const before = await snapshotDir(dir);
    const error = await assertRejects(() => Wal.open(path), StorageError);
    assertStringIncludes(error.message, path);
    assertEquals(await snapshotDir(dir), before);
  }));

test("Wal.open() refuses a directory that it may not use", () =>
  withTempDir(async (dir) => {
    if (process.getuid?.() === 0) {
      console.warn("skipped: root may use every directory");
      return;
    }
    await makeLog(dir);
    await chmod(dir, 0o555);
    try {
      const error = await refused(dir, StorageError);
      assertStringIncludes(error.message, dir);
    } finally {
      await chmod(dir, 0o755);
    }
  }));

test("Wal.open() warns of files that are not the log's, and opens it", () =>
  withTempDir(async (dir) => {
    await makeLog(dir);
    await writeFile(join(dir, "NOTES.txt"), "mine");
    await writeFile(join(dir, "user-snapshot"), "mine, by its name");
    await mkdir(join(dir, "folder"));
    const warnings: string[] = [];
    const warn = (text: string) => void warnings.push(text);
    await (await Wal.open(dir, { warn })).close();
    assertEquals(warnings, [
      `"${dir}" holds files that do not belong to the log: "NOTES.txt", "folder"; ` +
      "they were left alone",
    ]);
    assertEquals((await readdir(dir)).includes("NOTES.txt"), true);
  }));

test("Wal.open() refuses a directory of other files as a whole", () =>
  withTempDir(async (dir) => {
    await writeFile(join(dir, "data.db"), "someone else's");
    await mkdir(join(dir, "folder"));
    const error = await refused(dir, ForeignFileError);
    assertStringIncludes(
      error.message,
      `Cannot begin a log in the directory of "${error.path}" because that ` +
        "file does not belong to a log: move it away, or choose an empty",
    );
  }));

test("Wal.open() leaves hidden files and lost+found alone", () =>
  withTempDir(async (dir) => {
    await mkdir(join(dir, "lost+found"));
    await writeFile(join(dir, ".hidden"), "stays");
    await makeLog(dir);
    assert((await readdir(dir)).includes(".hidden"));
  }));

test("Wal.open() refuses a segment of a newer format", () =>
  withTempDir(async (dir) => {
    const name = formatSegmentName(1, 1);
    const bytes = encodeSegmentHeader({
      firstLsn: 1,
      epoch: 1,
      salt: 7,
      previous: 0,
      log: "00".repeat(16),
    });
    bytes[8] = 2;
    const checksum = crc32(bytes.subarray(0, 60));
    new DataView(bytes.buffer).setUint32(60, checksum, true);
    await writeFile(join(dir, name), bytes);
    const error = await refused(dir, FormatVersionError);
    assertEquals(error.segment, join(dir, name));
    assertStringIncludes(error.message, "this library reads version 1");
  }));

test("Wal.open() refuses a second opener and changes no byte", () =>
  withTempDir(async (dir) => {
    await using wal = await Wal.open(dir);
    await wal.append("a");
    await anotherTurn(); // It falls idle, and says what is synced.
    const error = await refused(dir, LogLockedError);
    assertStringIncludes(error.message, `process ${process.pid} has it open`);
    assertEquals(await wal.append("b"), 2);
  }));

test("Wal.open() takes a log whose owner has closed it", () =>
  withTempDir(async (dir) => {
    await makeLog(dir);
    await makeLog(dir);
    await using wal = await Wal.open(dir);
    assertEquals(await wal.append("e"), 5);
  }));

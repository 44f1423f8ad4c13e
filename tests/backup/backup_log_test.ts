import { linkSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { backUp } from "../../backup/backup_log.ts";
import {
  BackupError,
  backupLog,
  type BackupProblem,
  restoreBackup,
} from "../../backup/mod.ts";
import { WalReader } from "../../reader/wal_reader.ts";
import { CorruptLogError } from "../../storage/corrupt_log_error.ts";
import { DenoStorage } from "../../storage/directory/deno_storage.ts";
import { NodeStorage } from "../../storage/directory/node_storage.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { LogLockedError, type Storage } from "../../storage/storage.ts";
import { Wal } from "../../wal.ts";
import { assert, assertEquals, assertRejects } from "../kit/assert.ts";
import { SMALL, stateOf } from "../kit/backup_kit.ts";
import { salvage } from "../kit/check_salvage.ts";
import { damaged, spoil } from "../kit/damaged_log.ts";
import { test } from "../kit/register.ts";
import { runtime } from "../kit/runtime.ts";
import {
  LAST_LSN,
  makeSmallLog,
  readLog,
  storageOf,
} from "../kit/small_log.ts";
import { withTempDir } from "../kit/temp_dir.ts";

/** A log with records of 1000 bytes in several segments, closed. */
async function makeLog(records = 12): Promise<MemoryStorage> {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, SMALL);
  for (let lsn = 1; lsn <= records; lsn++) {
    await wal.append(`${lsn} `.padEnd(1000, "."));
  }
  await wal.close();
  return storage;
}

async function appendTo(storage: Storage, ...texts: string[]): Promise<void> {
  const wal = await Wal.open(storage, SMALL);
  for (const text of texts) await wal.append(text);
  await wal.close();
}

async function assertRefused(
  problem: BackupProblem,
  source: Storage,
  target: MemoryStorage,
): Promise<void> {
  const before = filesOf(target);
  const error = await assertRejects(
    () => backupLog(source, target),
    BackupError,
  );
  assertEquals(error.problem, problem);
  assertEquals(filesOf(target), before);
}

function filesOf(storage: MemoryStorage): string[] {
  return storage.list().filter((name) => !name.endsWith(".lock")).sort()
    .map((name) => `${name} ${storage.get(name)}`);
}

test("backupLog() reports what it copied and what it kept", async () => {
  const source = await makeLog();
  const target = new MemoryStorage();
  const first = await backupLog(source, target);
  const { copiedBytes } = first;
  assert(copiedBytes > 12_000);
  assertEquals(first, {
    ...{ firstLsn: 1, lastLsn: 12, segments: 4, snapshots: 0, cursors: 0 },
    ...{ copiedSegments: 4, copiedBytes, keptBytes: 0 },
  });
  assertEquals(await backupLog(source, target), {
    ...first,
    ...{ copiedSegments: 0, copiedBytes: 0, keptBytes: copiedBytes },
  });
  await appendTo(source, "13");
  const third = await backupLog(source, target);
  assertEquals([third.lastLsn, third.segments], [13, 5]);
  assertEquals([third.copiedSegments, third.keptBytes], [1, copiedBytes]);
  assertEquals(await stateOf(target), await stateOf(source));
});

test("backupLog() reads no more of what it keeps than its ends", async () => {
  const source = await makeLog(40);
  const target = new MemoryStorage();
  await backupLog(source, target);
  let read = 0;
  const counted = new MemoryStorage({
    onCall: ({ operation, bytes }) => {
      if (operation === "read") read += bytes;
    },
  });
  for (const name of source.list()) counted.put(name, source.get(name)!);
  await backupLog(counted, target);
  assert(read < 40_000 / 3, `${read} bytes`);
});

test("backupLog() makes a log that opens, with metadata, snapshots and cursors", async () => {
  const source = new MemoryStorage();
  const wal = await Wal.open(source, SMALL);
  for (let lsn = 1; lsn <= 6; lsn++) await wal.append(`${lsn}`.padEnd(2000));
  await wal.checkpoint(() => "six");
  await wal.append("seven", { meta: "term 1" });
  await wal.append("eight");
  const cursor = await wal.cursor("billing");
  for (let count = 0; count < 2; count++) await cursor.next();
  await cursor.commit();
  await wal.close();
  const target = new MemoryStorage();
  const report = await backupLog(source, target);
  assertEquals([report.firstLsn, report.lastLsn], [7, 8]);
  assertEquals([report.snapshots, report.cursors], [1, 1]);
  assertEquals(await stateOf(target), {
    ...{ firstLsn: 7, texts: ["seven", "eight"] },
    ...{ snapshot: "six", meta: "term 1" },
  });
  const again = await Wal.open(target.kill());
  assertEquals((await again.cursor("billing")).committedLsn, 8);
  await again.close();
  const reader = await WalReader.open(target);
  assertEquals([reader.firstLsn, reader.lastLsn], [7, 8]);
  await reader.close();
});

test("backupLog() sets a cursor back that is beyond what the backup holds", async () => {
  const source = new MemoryStorage();
  const wal = await Wal.open(source);
  await wal.append("one");
  await wal.append("two");
  const cursor = await wal.cursor("eager");
  for (let count = 0; count < 2; count++) await cursor.next();
  await cursor.commit();
  const target = new MemoryStorage();
  // No frame declares the second record durable yet.
  assertEquals((await backupLog(source.kill(), target)).lastLsn, 1);
  const restored = await Wal.open(target.kill());
  assertEquals((await restored.cursor("eager")).committedLsn, 1);
  await restored.close();
  await wal.close();
});

test("backUp() knows from the process that writes what is durable", async () => {
  const source = new MemoryStorage();
  const wal = await Wal.open(source);
  const target = new MemoryStorage();
  const live = { reached: () => wal.durableLsn, cuts: 0 };
  for (let lsn = 1; lsn <= 3; lsn++) {
    await wal.append(`${lsn}`);
    const { lastLsn } = await backUp(source, target, {}, live);
    assertEquals(lastLsn, lsn);
  }
  const state = await stateOf(target);
  // Without that knowledge, it takes nothing back.
  assertEquals((await backupLog(source.kill(), target)).lastLsn, 3);
  assertEquals(await stateOf(target), state);
  await wal.close();
});

test("backupLog() copies the holes that a salvage has left", async () => {
  const source = await damaged((log, put) => put(1, spoil(log, 1, 1)));
  await salvage(source);
  await Wal.open(source, { warn() {} }).then((wal) => wal.close());
  const target = new MemoryStorage();
  const { lastLsn } = await backupLog(source, target);
  assertEquals(lastLsn, LAST_LSN);
  assertEquals((await readLog(target.kill())).holes, [[6, 7]]);
  await backupLog(source, target, { verify: true });
  const restored = new MemoryStorage();
  await restoreBackup(target, restored, { lsn: 6 });
  assertEquals((await readLog(restored)).holes, [[6, 6]]);
});

test("backupLog() refuses a source without a log, and a target that is no backup of it", async () => {
  const source = await makeLog();
  await assertRefused("no-log", new MemoryStorage(), new MemoryStorage());
  const other = await makeLog();
  await assertRefused("not-a-backup", source, other);
  const strays = new MemoryStorage();
  strays.put("notes.txt", new Uint8Array(3));
  await assertRefused("not-a-backup", source, strays);
  const target = new MemoryStorage();
  await backupLog(source, target);
  await assertRefused("other-log", other, target);
  await Wal.open(target).then((wal) => wal.close());
  await assertRefused("not-a-backup", source, target);
});

test("backupLog() refuses a log that does not continue the backup", async () => {
  const source = await makeLog();
  const older = source.kill();
  const target = new MemoryStorage();
  await appendTo(source, "13", "14");
  await backupLog(source, target);
  await assertRefused("not-continued", older, target);
  // A copy that went its own way, even if it is longer now.
  await appendTo(older, "other");
  await assertRefused("not-continued", older, target);
  await appendTo(older, "1", "2", "3");
  await appendTo(older, "4");
  await assertRefused("not-continued", older, target);
  const late = (await makeLog()).kill();
  const copy = new MemoryStorage();
  const twin = late.kill();
  await appendTo(late, "13", "14");
  await backupLog(late, copy);
  for (let opening = 0; opening < 3; opening++) await appendTo(twin);
  await appendTo(twin, "13", "other", "15");
  await assertRefused("not-continued", twin, copy);
});

test("backupLog() keeps what a salvage of the source has lost", async () => {
  const source = await makeLog();
  const target = new MemoryStorage();
  await backupLog(source, target);
  const [, name] = source.list().filter((name) => name.endsWith(".wal"));
  const bytes = source.get(name)!;
  bytes[500] ^= 1;
  source.put(name, bytes);
  const wal = await Wal.open(source, { ...SMALL, recovery: "salvage" });
  await wal.append("13");
  await wal.close();
  await assertRefused("not-continued", source, target);
});

test("backupLog() keeps what a salvage has lost even if openings merged the rest", async () => {
  const log = await makeSmallLog(true);
  const target = new MemoryStorage();
  await backupLog(storageOf(log), target);
  const source = storageOf(log, 1, spoil(log, 1, 1));
  await salvage(source);
  for (let opening = 0; opening < 9; opening++) await appendTo(source, "more");
  const left = source.list().filter((name) => name.endsWith(".wal"));
  assert(left.length < 8, String(left));
  await assertRefused("not-continued", source, target);
});

test("backupLog() only lists, opens and reads the source", async () => {
  const calls = new Set<string>();
  const source = new MemoryStorage({
    onCall: ({ operation }) => void calls.add(operation),
  });
  await appendTo(source, "one", "two");
  calls.clear();
  await backupLog(source, new MemoryStorage());
  assertEquals([...calls].sort(), ["list", "open", "read"]);
});

test("backupLog() finds any flipped bit of what it copies", async () => {
  const log = await makeSmallLog(true);
  for (const [index, { name, bytes }] of log.segments.entries()) {
    for (let at = 0; at < bytes.length; at += 3) {
      const spoilt = bytes.slice();
      spoilt[at] ^= 1 << at % 8;
      const target = new MemoryStorage();
      const source = storageOf(log, index, spoilt);
      const result = await backupLog(source, target).catch((error) => error);
      if (result instanceof Error) {
        assertEquals(result.name, "CorruptLogError", result.message);
        assert(result.message.includes(name), result.message);
        const opened = await stateOf(target).catch(({ name }) => name);
        if (opened !== "CorruptLogError") assertEquals(opened.texts, []);
      } else {
        // Only the seal is there for nobody.
        const { texts } = await stateOf(target);
        assertEquals(texts.length, LAST_LSN, `${name} at ${at}`);
        assert(at >= (log.segments[index].frames.at(-1)?.offset ?? 0));
      }
    }
  }
});

test("backupLog() leaves a backup as it was if the source is damaged", async () => {
  const source = await makeLog();
  const target = new MemoryStorage();
  await backupLog(source, target);
  const before = await stateOf(target);
  await appendTo(source, "13", "14", "15");
  const name = source.list().filter((name) => name.endsWith(".wal")).at(-1)!;
  const bytes = source.get(name)!;
  bytes[70] ^= 4;
  source.put(name, bytes);
  await assertRejects(() => backupLog(source, target), CorruptLogError);
  assertEquals(await stateOf(target), before);
});

test("backupLog() with verify copies again what is damaged in the target", async () => {
  const source = new MemoryStorage();
  const wal = await Wal.open(source, SMALL);
  await wal.append("one");
  await wal.checkpoint(() => "state of one");
  for (let lsn = 2; lsn <= 9; lsn++) await wal.append(`${lsn}`.padEnd(1500));
  await wal.close();
  const target = new MemoryStorage();
  await backupLog(source, target);
  const names = target.list().filter((name) => /wal|snapshot/.test(name));
  for (const name of names) {
    for (const at of [20, 100, 140]) {
      const bytes = target.get(name)!;
      if (at >= bytes.length) continue;
      bytes[at] ^= 16;
      target.put(name, bytes);
      const { copiedBytes } = await backupLog(source, target, { verify: true });
      assert(copiedBytes > 0, `${name} at ${at}`);
      assertEquals(await stateOf(target), await stateOf(source));
    }
  }
  await backupLog(source, target, { verify: true });
});

test("backupLog() copies again a segment of the target that was cut short", async () => {
  const source = await makeLog();
  const names = source.list().filter((name) => name.endsWith(".wal"));
  for (const name of names) {
    const target = new MemoryStorage();
    await backupLog(source, target);
    target.put(name, target.get(name)!.slice(0, -100));
    const { copiedSegments } = await backupLog(source, target);
    assertEquals(copiedSegments, 1);
    assertEquals(await stateOf(target), await stateOf(source));
  }
});

test("backupLog() copies everything again if the first segment is gone from the target", async () => {
  const source = await makeLog();
  const [first, ...others] = source.list()
    .filter((name) => name.endsWith(".wal"));
  const target = new MemoryStorage();
  await backupLog(source, target);
  target.remove(first);
  assertEquals((await backupLog(source, target)).copiedSegments, 1);
  assertEquals(await stateOf(target), await stateOf(source));
  for (const name of others) {
    const broken = target.kill();
    broken.remove(name);
    await assertRefused("not-continued", source, broken);
  }
});

test("backupLog() refuses a target that is open, or that another backup fills", async () => {
  const source = await makeLog();
  const target = new MemoryStorage();
  await backupLog(source, target);
  const lock = target.lock();
  await assertRejects(() => backupLog(source, target), LogLockedError);
  lock.release();
  const results = await Promise.allSettled([
    backupLog(source, target),
    backupLog(source, target),
  ]);
  const failed = results.filter(({ status }) => status === "rejected");
  assertEquals(failed.length, 1);
});

test("backupLog() refuses bad arguments", async () => {
  const source = await makeLog();
  const target = new MemoryStorage();
  const bad: [unknown, unknown, unknown][] = [
    [1, target, {}],
    ["", target, {}],
    [source, undefined, {}],
    [source, target, { verify: 1 }],
    [source, target, { signal: {} }],
    [source, target, { storage: 3 }],
    [source, target, { verfy: true }],
    [source, target, null],
    [source, source, {}],
  ];
  for (const [from, to, options] of bad) {
    await assertRejects(
      () => backupLog(from as Storage, to as Storage, options as object),
      TypeError,
      "Cannot back up",
    );
  }
  assertEquals(target.list(), []);
});

test("backupLog() ends when its signal is aborted, and continues later", async () => {
  const source = await makeLog();
  const target = new MemoryStorage();
  for (let calls = 0, isOver = false; !isOver; calls += 3) {
    const abort = new AbortController();
    let left = calls;
    const watched = new MemoryStorage({
      onCall: () => void (left-- === 0 && abort.abort("enough")),
    });
    for (const name of source.list()) watched.put(name, source.get(name)!);
    const { signal } = abort;
    isOver = await backupLog(watched, target, { signal })
      .then(() => true, (error) => {
        assertEquals(error, "enough");
        return false;
      });
  }
  assertEquals(await stateOf(target), await stateOf(source));
});

test("backupLog() changes no file that has a second name", async () => {
  await withTempDir(async (dir) => {
    const [log, target] = [`${dir}/log`, `${dir}/backup`];
    const wal = await Wal.open(log);
    for (const text of ["one", "two", "three"]) await wal.append(text);
    await backupLog(log, target);
    const names = readdirSync(target);
    mkdirSync(`${dir}/old`);
    for (const name of names) {
      linkSync(`${target}/${name}`, `${dir}/old/${name}`);
    }
    const read = () =>
      names.map((name) => readFileSync(`${dir}/old/${name}`, "hex"));
    const before = read();
    for (const text of ["four", "five"]) await wal.append(text);
    assertEquals((await backupLog(log, target)).copiedSegments, 1);
    assertEquals(read(), before);
    await wal.truncateAfter(1);
    await wal.append("2");
    await wal.close();
    assertEquals((await backupLog(log, target)).lastLsn, 2);
    assertEquals(read(), before);
  });
});

test("backupLog() works in real directories, on either storage", async () => {
  const storages: ((dir: string | URL) => Storage)[] = [
    (dir) => new NodeStorage(dir),
    ...runtime === "deno" ? [(dir: string | URL) => new DenoStorage(dir)] : [],
  ];
  for (const storage of storages) {
    await withTempDir(async (dir) => {
      const wal = await Wal.open(`${dir}/log`, { ...SMALL, storage });
      for (let lsn = 1; lsn <= 9; lsn++) await wal.append("x".padEnd(1500));
      const target = `${dir}/backups/log`;
      await backupLog(`${dir}/log`, target, { storage });
      await assertRejects(
        () => backupLog(`${dir}/log`, `${dir}/log/`, { storage }),
        TypeError,
      );
      await wal.close();
      const { lastLsn } = await backupLog(`${dir}/log`, target, { storage });
      assertEquals(lastLsn, 9);
      await restoreBackup(target, `${dir}/again`, { lsn: 5, storage });
      const again = await Wal.open(`${dir}/again`, { storage });
      assertEquals([again.lastLsn, await again.append("6")], [5, 6]);
      await again.close();
    });
  }
});

import { backupLog, restoreBackup } from "../../backup/mod.ts";
import { CorruptLogError } from "../../storage/corrupt_log_error.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import { assert, assertEquals, assertRejects } from "../kit/assert.ts";
import {
  appendTo,
  assertRefused,
  makeLog,
  SMALL,
  stateOf,
} from "../kit/backup_kit.ts";
import { salvage } from "../kit/check_salvage.ts";
import { damaged, spoil } from "../kit/damaged_log.ts";
import { test } from "../kit/register.ts";
import {
  LAST_LSN,
  makeSmallLog,
  readLog,
  storageOf,
} from "../kit/small_log.ts";

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

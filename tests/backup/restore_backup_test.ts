import {
  BackupError,
  backupLog,
  restoreBackup,
  type RestoreOptions,
} from "../../backup/mod.ts";
import { identifyLog } from "../../storage/segments/mod.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import type { Storage } from "../../storage/storage.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { Wal } from "../../wal.ts";
import { assert, assertEquals, assertRejects } from "../kit/assert.ts";
import { SMALL, stateOf } from "../kit/backup_kit.ts";
import { ArchivedLog, openArchived } from "../kit/memory_archive.ts";
import { test } from "../kit/register.ts";

const texts = Array.from({ length: 14 }, (_, at) => `${at + 1}`);

/** Records in frames of several, in segments of several owners. */
async function makeBackup(): Promise<MemoryStorage> {
  const source = new MemoryStorage();
  for (let at = 0; at < texts.length;) {
    const wal = await Wal.open(source, SMALL);
    await wal.append(texts[at++]);
    await wal.appendBatch(texts.slice(at, at += 3));
    await wal.appendBatch(texts.slice(at, at += 3));
    await wal.close();
  }
  const backup = new MemoryStorage();
  await backupLog(source, backup);
  return backup;
}

async function restored(
  backup: Storage,
  options: RestoreOptions = {},
): Promise<MemoryStorage> {
  const target = new MemoryStorage();
  await restoreBackup(backup, target, options);
  return target;
}

test("restoreBackup() restores the log up to any record, and it goes on from there", async () => {
  const backup = await makeBackup();
  for (let lsn = 0; lsn <= texts.length; lsn++) {
    const target = new MemoryStorage();
    const report = await restoreBackup(backup, target, { lsn });
    assertEquals([report.firstLsn, report.lastLsn], [1, lsn]);
    assertEquals((await stateOf(target)).texts, texts.slice(0, lsn));
    const wal = await Wal.open(target, SMALL);
    assertEquals(wal.durableLsn, lsn);
    assertEquals(await wal.append("next"), lsn + 1);
    await wal.close();
    assertEquals((await stateOf(target)).texts, [
      ...texts.slice(0, lsn),
      "next",
    ]);
  }
});

test("restoreBackup() restores the records that were written up to a time", async () => {
  const source = new MemoryStorage();
  const clock = new VirtualClock();
  const wal = await Wal.open(source, { clock });
  const times: number[] = [];
  for (const text of texts.slice(0, 5)) {
    const appending = wal.append(text);
    await clock.settle(appending);
    const from = wal.lastLsn;
    for await (const { time } of wal.readBatches({ from })) times.push(time!);
    await clock.advance(1000);
  }
  await clock.settle(wal.close());
  for (const [at, time] of times.entries()) {
    for (const asked of [time, time + 999.5, new Date(time + 1)]) {
      const target = await restored(source, { time: asked });
      assertEquals((await stateOf(target)).texts, texts.slice(0, at + 1));
    }
  }
  const early = () => restored(source, { time: times[0] - 1 });
  await assertRejects(early, RangeError, "time must be at least that of");
  const late = await restored(source, { time: times[4] + 1e9 });
  assertEquals((await stateOf(late)).texts.length, 5);
});

test("restoreBackup() makes another log, which the backup is not mistaken for", async () => {
  const backup = await makeBackup();
  const target = await restored(backup);
  const [one, other] = [await identifyLog(backup), await identifyLog(target)];
  assert(one.log !== other.log);
  assert(other.epoch >= one.epoch);
  await assertRejects(() => backupLog(target, backup), BackupError, "another");
  const second = new MemoryStorage();
  await backupLog(target, second);
  assertEquals(await stateOf(second), await stateOf(backup));
});

test("restoreBackup() brings the snapshots and cursors that fit, and sets cursors back", async () => {
  const source = new MemoryStorage();
  const wal = await Wal.open(source, SMALL);
  await wal.setMeta("term 3");
  const cursors = {
    early: await wal.cursor("early"),
    late: await wal.cursor("late"),
  };
  for (let lsn = 1; lsn <= 9; lsn++) {
    await wal.append(`${lsn}`);
    if (lsn % 3 === 0) {
      await wal.checkpoint(() => `state ${lsn}`, { keep: 3 });
    }
  }
  for (let lsn = 4; lsn <= 9; lsn++) await wal.append(`${lsn + 6}`);
  await cursors.early.seek(5);
  await cursors.late.seek(14);
  await wal.close();
  for (
    const [lsn, snapshots, early, late] of [
      ...[[3, 1, 3, 3], [5, 1, 4, 5], [6, 2, 4, 6], [9, 3, 4, 9]],
      [15, 3, 4, 13],
    ]
  ) {
    const target = new MemoryStorage();
    const report = await restoreBackup(source, target, { lsn });
    assertEquals([report.snapshots, report.cursors], [snapshots, 2]);
    const { snapshot, meta } = await stateOf(target);
    const newest = Math.min(9, Math.floor(lsn / 3) * 3);
    assertEquals([snapshot, meta], [`state ${newest}`, "term 3"]);
    const again = await Wal.open(target, SMALL);
    for (const [name, expected] of Object.entries({ early, late })) {
      const { committedLsn } = await again.cursor(name);
      assertEquals(committedLsn, expected, `${name} at ${lsn}`);
    }
    await again.close();
  }
});

test("restoreBackup() refuses what is out of range, or has no snapshot", async () => {
  const backup = await makeBackup();
  for (const options of [{ lsn: 15 }, { lsn: -1 }, { lsn: 1.5 }]) {
    await assertRejects(() => restored(backup, options), RangeError, "lsn");
  }
  const wal = await Wal.open(backup.kill(), SMALL);
  await wal.close();
  const source = new MemoryStorage();
  const log = await Wal.open(source, {
    ...SMALL,
    cursors: { hold: ["slow"], limitBytes: 2 ** 30 },
  });
  for (const text of texts) await log.append(text);
  const slow = await log.cursor("slow");
  await slow.seek(5);
  await log.checkpoint(() => "state of 14");
  await log.append("15");
  await log.close();
  await assertRejects(
    () => restored(source, { lsn: 8 }),
    RangeError,
    "the records before 5 are only in snapshots, of which the oldest covers " +
      "those up to 14",
  );
  await assertRejects(() => restored(source, { lsn: 3 }), RangeError);
  const empty = new MemoryStorage();
  await (await Wal.open(empty)).close();
  await assertRejects(
    () => restored(empty, { time: Date.now() }),
    RangeError,
    "there is no record whose time would tell what to restore",
  );
  assertEquals((await stateOf(await restored(source))).snapshot, "state of 14");
});

test("restoreBackup() refuses bad arguments, a source without a log, and a target with files", async () => {
  const backup = await makeBackup();
  const empty = new MemoryStorage();
  const bad: [unknown, unknown, unknown][] = [
    [3, empty, {}],
    [backup, "", {}],
    [backup, backup, {}],
    [backup, empty, { lsn: 1, time: 1 }],
    [backup, empty, { time: "now" }],
    [backup, empty, { to: 1 }],
    [backup, empty, { signal: 1 }],
  ];
  for (const [from, to, options] of bad) {
    await assertRejects(
      () => restoreBackup(from as Storage, to as Storage, options as object),
      TypeError,
      "Cannot restore",
    );
  }
  const problemOf = async (from: Storage, to: MemoryStorage) => {
    const before = String(to.list());
    const { problem } = await assertRejects(
      () => restoreBackup(from, to),
      BackupError,
    );
    assertEquals(String(to.list()), before);
    return problem;
  };
  assertEquals(await problemOf(new MemoryStorage(), empty), "no-log");
  assertEquals(await problemOf(backup, await makeBackup()), "not-empty");
  const strays = new MemoryStorage();
  strays.put("notes.txt", new Uint8Array(3));
  assertEquals(await problemOf(backup, strays), "not-empty");
});

test("restoreBackup() that fails leaves nothing, and one that is killed nothing that opens", async () => {
  const source = new MemoryStorage();
  const wal = await Wal.open(source, SMALL);
  for (let lsn = 1; lsn <= 6; lsn++) await wal.append(`${lsn}`.padEnd(2000));
  await wal.cursor("one");
  await wal.checkpoint(() => "state", { lsn: 3 });
  await wal.close();
  const { texts } = await stateOf(source);
  for (let call = 0, isOver = false; !isOver; call++) {
    let calls = 0;
    const killed: MemoryStorage[] = [];
    const target: MemoryStorage = new MemoryStorage({
      onCall: () => {
        if (calls++ !== call) return;
        killed.push(target.kill(), target.crash(() => 0));
        return { error: "EIO" };
      },
    });
    isOver = await restoreBackup(source, target)
      .then(() => true, ({ name }) => {
        assertEquals(name, "StorageError");
        return false;
      });
    for (const storage of killed) {
      const found = await stateOf(storage)
        .catch(({ name }) => ({ texts: name }));
      const isNothing = found.texts === "CorruptLogError" ||
        found.texts === "ForeignFileError" || found.texts.length === 0;
      if (!isNothing) assertEquals(found.texts, texts);
    }
    if (isOver) continue;
    const left = target.list().filter((name) => !/lock$/.test(name));
    if (!left.some((name) => name.endsWith(".manifest"))) {
      assertEquals(left.filter((name) => !name.endsWith(".tmp")), []);
      await restoreBackup(source, target);
    }
    assertEquals((await stateOf(target)).texts, texts);
  }
});

test("restoreBackup() finds damage, and ends when its signal is aborted", async () => {
  const backup = await makeBackup();
  const names = backup.list().filter((name) => name.endsWith(".wal"));
  for (const name of names) {
    const damaged = backup.kill();
    const bytes = damaged.get(name)!;
    bytes[130] ^= 2;
    damaged.put(name, bytes);
    const target = new MemoryStorage();
    const error = await assertRejects(() => restoreBackup(damaged, target));
    assertEquals((error as Error).name, "CorruptLogError");
    assertEquals(target.list().filter((name) => !/lock$/.test(name)), []);
  }
  const signal = AbortSignal.abort("enough");
  const error = await restored(backup, { signal }).catch((error) => error);
  assertEquals(error, "enough");
});

test("restoreBackup() leaves out how far the original is archived", async () => {
  const original = await openArchived();
  await original.append(10);
  await original.clock.advance(1000);
  assertEquals(original.archive.calls.length, 3);
  await original.close();
  const backup = new MemoryStorage();
  assertEquals((await backupLog(original.storage, backup)).cursors, 1);
  const target = new MemoryStorage();
  assertEquals((await restoreBackup(backup, target)).cursors, 0);
  // What the original has archived is from another log.
  const log = new ArchivedLog(undefined, target);
  await log.open();
  await log.clock.advance(1000);
  await log.close();
  const restored = await log.archive.restore();
  assertEquals([restored.firstLsn, restored.lastLsn], [1, 10]);
  await restored.close();
});

import { linkSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { backUp } from "../../backup/backup_log.ts";
import { backupLog, restoreBackup } from "../../backup/mod.ts";
import { WalReader } from "../../reader/wal_reader.ts";
import { DenoStorage } from "../../storage/directory/deno_storage.ts";
import { NodeStorage } from "../../storage/directory/node_storage.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { LogLockedError, type Storage } from "../../storage/storage.ts";
import { StorageFullError } from "../../storage/storage_error.ts";
import { Wal } from "../../wal.ts";
import { assert, assertEquals, assertRejects } from "../kit/assert.ts";
import {
  appendTo,
  makeLog,
  SMALL,
  stateOf,
  watched,
} from "../kit/backup_kit.ts";
import { test } from "../kit/register.ts";
import { runtime } from "../kit/runtime.ts";
import { withTempDir } from "../kit/temp_dir.ts";

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
  const alone = <Result>(act: () => Promise<Result>) => act();
  const live = { reached: () => wal.durableLsn, cuts: 0, alone };
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

test("backUp() lets a log drop nothing if files vanish again and again", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, SMALL);
  for (let lsn = 1; lsn <= 9; lsn++) await wal.append("x".padEnd(1500));
  let isAlone = false;
  let calls = 0;
  const source = watched(storage, async () => {
    if (isAlone || ++calls % 9 !== 0) return;
    for (let more = 0; more < 6; more++) await wal.append("x".padEnd(1500));
    await wal.truncateBefore(wal.lastLsn - 5);
  });
  const target = new MemoryStorage();
  const { lastLsn } = await backUp(source, target, {}, {
    reached: () => wal.durableLsn,
    cuts: 0,
    async alone(act) {
      isAlone = true;
      return await act();
    },
  });
  assertEquals([lastLsn, isAlone], [wal.lastLsn, true]);
  assertEquals(await stateOf(target), await stateOf(storage));
  await wal.close();
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

test("backupLog() says that the target is full, whatever it was writing", async () => {
  const source = await makeLog(4);
  for (let call = 0, isOver = false; !isOver; call++) {
    let calls = -Infinity;
    const target = new MemoryStorage({
      onCall({ operation }) {
        if (operation !== "write" || calls++ !== call) return;
        isOver = false;
        return { error: "ENOSPC" };
      },
    });
    await backupLog(source, target);
    const longer = source.kill();
    await appendTo(longer, "more");
    const running = await Wal.open(longer, SMALL);
    for (let more = 0; more < 4; more++) await running.append("x");
    await running.close();
    [calls, isOver] = [0, true];
    const error = await backupLog(longer, target).catch((error) => error);
    if (!isOver) assert(error instanceof StorageFullError, `${error}`);
  }
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

test("backupLog() takes a snapshot for a proof that what it covers is durable", async () => {
  const source = new MemoryStorage();
  const cursors = { hold: "all", limitBytes: 1e9 } as const;
  const wal = await Wal.open(source, { ...SMALL, cursors });
  for (const text of ["one", "two", "three"]) await wal.append(text);
  const cursor = await wal.cursor("slow");
  await cursor.next();
  await cursor.commit();
  await wal.checkpoint(() => "three");
  const target = new MemoryStorage();
  await backupLog(source.kill(), target);
  // The cursor holds back, so the manifest does not say what is durable.
  for (const text of ["four", "five"]) await wal.append(text);
  const { lsn, firstLsn } = await wal.checkpoint(() => "five");
  assertEquals([lsn, firstLsn], [5, 2]);
  const report = await backupLog(source.kill(), target);
  assertEquals([report.lastLsn, report.snapshots], [5, 1]);
  assertEquals((await stateOf(target)).snapshot, "five");
  const restored = new MemoryStorage();
  const { snapshots } = await restoreBackup(source.kill(), restored);
  assertEquals(snapshots, 1);
  assertEquals((await stateOf(restored)).snapshot, "five");
  await wal.close();
});

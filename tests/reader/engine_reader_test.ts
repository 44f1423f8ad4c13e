import { WalReader } from "../../reader/wal_reader.ts";
import { CompactedError } from "../../storage/frame_log.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { NoDirectoryError } from "../../storage/no_directory_error.ts";
import { Wal } from "../../wal.ts";
import { LogClosedError } from "../../writer/log_closed_error.ts";
import { assertEquals, assertRejects } from "../kit/assert.ts";
import { MemoryEngine } from "../kit/memory_engine.ts";
import { textsOf } from "../kit/reader_kit.ts";
import { test } from "../kit/register.ts";

/** A log in an engine with three records, and a reader of it. */
async function opened(pollMs = 20) {
  const engine = new MemoryEngine({ pollMs });
  const wal = await Wal.open(engine);
  for (const text of ["one", "two", "three"]) await wal.append(text);
  const reader = await WalReader.open(engine);
  const close = async () => {
    await reader.close();
    await wal.close();
  };
  return { engine, wal, reader, close };
}

test("WalReader shows an engine's log as of the last look", async () => {
  const { engine, wal, reader, close } = await opened();
  assertEquals(await textsOf(reader), ["one", "two", "three"]);
  await wal.append("four");
  assertEquals([reader.lastLsn, reader.writtenLsn, reader.durableLsn], [
    3,
    3,
    3,
  ]);
  await reader.refresh();
  assertEquals([reader.lastLsn, reader.writtenLsn, reader.durableLsn], [
    4,
    4,
    4,
  ]);
  const last = await reader.last(2);
  assertEquals(last.map(({ lsn }) => lsn), [3, 4]);
  assertEquals((await reader.get(2))?.lsn, 2);
  assertEquals(await textsOf(reader, { reverse: true, from: 3 }), [
    "four",
    "three",
  ]);
  // The array's times are the LSNs before the records.
  assertEquals(await reader.lsnAt(2), 3);
  assertEquals(await textsOf(reader, { since: 2 }), ["three", "four"]);
  await wal.truncateBefore(3);
  await assertRejects(() => reader.get(2), CompactedError);
  assertEquals(reader.firstLsn, 3);
  assertEquals(engine.epoch, 1);
  await close();
});

test("WalReader shows an engine without a log as an empty log", async () => {
  const engine = new MemoryEngine();
  const reader = await WalReader.open(engine);
  assertEquals([reader.firstLsn, reader.lastLsn], [1, 0]);
  const wal = await Wal.open(engine, { firstLsn: 5 });
  await wal.append("five");
  assertEquals(await textsOf(reader), ["five"]);
  assertEquals(reader.firstLsn, 5);
  await reader.close();
  await wal.close();
});

for (const level of [undefined, "memory", "os", "disk"] as const) {
  test(`WalReader.follow() at level ${level} shows what is appended to an engine`, async () => {
    const { wal, reader, close } = await opened();
    const seen: [number, string][] = [];
    const following = (async () => {
      for await (const record of reader.follow({ level })) {
        seen.push([record.lsn, record.level]);
      }
    })();
    const batches: number[] = [];
    for await (const { firstLsn } of reader.followBatches({ from: 3, level })) {
      batches.push(firstLsn);
      if (firstLsn === 4) break;
      void wal.append("four");
    }
    await reader.refresh();
    await close();
    await following;
    assertEquals(seen.map(([lsn]) => lsn), [1, 2, 3, 4]);
    assertEquals(new Set(seen.map(([, level]) => level)), new Set(["disk"]));
    assertEquals(batches, [3, 4]);
  });
}

test("WalReader.follow() survives looks that fail", async () => {
  const { engine, wal, reader, close } = await opened();
  const follower = reader.follow({ from: 4 });
  const next = follower.next();
  let failures = 0;
  engine.onLook = async () => {
    if (++failures <= 3) throw new Error("no answer");
    if (failures === 4) await wal.append("four");
  };
  assertEquals((await next).value?.lsn, 4);
  await close();
});

test("WalReader.open() and refresh() reject with what an engine's look rejects with", async () => {
  const { engine, reader, close } = await opened();
  engine.onLook = () => Promise.reject(new Error("no answer"));
  for (
    const call of [
      () => WalReader.open(engine),
      () => reader.refresh(),
      () => reader.get(1),
    ]
  ) {
    await assertRejects(call, Error, "no answer");
  }
  engine.onLook = () => {};
  assertEquals((await reader.get(1))?.lsn, 1);
  await close();
});

test("WalReader.close() ends reads and followers of an engine", async () => {
  const { reader, close } = await opened();
  const read = reader.read();
  await read.next();
  const follower = reader.follow({ from: 4 });
  const next = follower.next();
  await reader.refresh();
  await reader.close();
  assertEquals((await next).done, true);
  await assertRejects(() => read.next(), LogClosedError);
  await assertRejects(() => reader.get(1), LogClosedError);
  await assertRejects(() => reader.refresh(), LogClosedError);
  await close();
});

test("WalReader refuses what an engine's log cannot do", async () => {
  const { engine, reader, close } = await opened();
  const storage = () => new MemoryStorage();
  await assertRejects(
    () => WalReader.open(engine, { storage }),
    TypeError,
    "because storage must be absent because an engine is not a path",
  );
  await assertRejects(
    () => reader.restore(() => {}),
    NoDirectoryError,
    "Cannot restore because the log is not in a directory: it has no files",
  );
  await close();
});

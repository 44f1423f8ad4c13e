import { listFiles, removeUnfinished } from "../../recovery/survey.ts";
import { CorruptLogError } from "../../storage/corrupt_log_error.ts";
import { FencedError } from "../../storage/frame_log.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import { assert, assertEquals, assertRejects } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

test("Wal.truncateBefore() does not bring a fenced segment back", async () => {
  const storage = new MemoryStorage();
  await openAndAppend(storage, 2);
  await openAndAppend(storage, 6);
  await openAndAppend(storage, 0); // By now only the order of epochs shows which counts.
  const zombie = "0000000000000004-00000001.wal";
  storage.put(zombie, storage.get("0000000000000001-00000001.wal")!);
  const warnings: string[] = [];
  const warn = (text: string) => void warnings.push(text);
  const wal = await Wal.open(storage, { warn });
  await wal.append("9");
  let next = 1;
  for await (const { lsn } of wal.read()) assertEquals(lsn, next++);
  assertEquals(next, 10);
  await wal.truncateBefore(9);
  await wal.close();
  assert(!storage.list().includes(zombie));

  const reopened = await Wal.open(storage);
  const lsns: number[] = [];
  for await (const { lsn } of reopened.read()) lsns.push(lsn);
  await reopened.close();
  assertEquals(lsns, [9]);
});

test("Wal.open() refuses a segment that is not what its name says", async () => {
  const storage = new MemoryStorage();
  await openAndAppend(storage, 2);
  const bytes = storage.get("0000000000000001-00000001.wal")!;
  storage.put("0000000000000002-00000001.wal", bytes);
  const why = "found record 1 of epoch 1: it is a copy of that segment";
  await assertRejects(() => Wal.open(storage), CorruptLogError, why);
});

test("Wal.truncateBefore() of a fenced owner drops nothing", async () => {
  const storage = new MemoryStorage();
  const zombie = await Wal.open(storage, { segmentBytes: 4096 });
  for (let lsn = 1; lsn <= 9; lsn++) await zombie.append(new Uint8Array(1000));
  const owner = await Wal.open(storage, { takeOver: true });
  await assertRejects(() => zombie.truncateBefore(9), FencedError);
  let expected = 1;
  for await (const { lsn } of owner.read()) assertEquals(lsn, expected++);
  assertEquals(expected, 10);
  await assertRejects(() => zombie.close(), FencedError);
  await owner.close();
});

test("removeUnfinished() leaves alone what a later owner is making", async () => {
  const storage = new MemoryStorage();
  const mine = "0000000000000003-00000004.wal.tmp";
  const later = "0000000000000003-00000009.wal.tmp";
  for (const name of [mine, later]) storage.put(name, new Uint8Array(5));
  await removeUnfinished(storage, await listFiles(storage), 4);
  assertEquals(storage.list(), [later]);
});

test("Wal.truncateBefore() may be called many times at once", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, { segmentBytes: 4096 });
  for (let lsn = 1; lsn <= 12; lsn++) await wal.append(new Uint8Array(1000));
  const calls = [9, 5, 12, 1].map((lsn) => wal.truncateBefore(lsn));
  const closing = wal.close();
  await Promise.all([...calls, closing]);
  await using reopened = await Wal.open(storage);
  const lsns: number[] = [];
  for await (const { lsn } of reopened.read()) lsns.push(lsn);
  assertEquals(lsns, [12]);
});

async function openAndAppend(
  storage: MemoryStorage,
  records: number,
): Promise<void> {
  const wal = await Wal.open(storage);
  for (let count = 0; count < records; count++) await wal.append("x");
  await wal.close();
}

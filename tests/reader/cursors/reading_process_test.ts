/*
 * Goal: cursors and snapshots serve a reader that does not write the log, as in
 * another process. Method: a writer and a reader of one storage in memory, each
 * of which knows of the other only what is there.
 */
import { CompactedError, TruncatedError } from "../../../storage/frame_log.ts";
import { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import { Wal } from "../../../wal.ts";
import type { WalOptions } from "../../../wal_options.ts";
import { WalReader } from "../../../reader/wal_reader.ts";
import { assert, assertEquals, assertRejects } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

const OPTIONS: WalOptions = {
  segmentBytes: 4096,
  cursors: { hold: ["a"], limitBytes: 2 ** 40 },
  warn() {},
};

async function openBoth(
  records: number,
  level: "disk" | "os" = "disk",
): Promise<{ storage: MemoryStorage; wal: Wal; reader: WalReader }> {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, OPTIONS);
  for (let lsn = 1; lsn <= records; lsn++) await wal.append(`${lsn}`);
  const reader = await WalReader.open(storage, { level });
  return { storage, wal, reader };
}

test("WalReader.cursor() consumes what another process writes, which holds it back", async () => {
  const { wal, reader } = await openBoth(3);
  await wal.append("4");
  const cursor = await reader.cursor("a");
  for (const lsn of [1, 2]) assertEquals((await cursor.next())?.lsn, lsn);
  await cursor.commit();
  assertEquals(await wal.truncateBefore(5), 3);
  assertEquals((await wal.checkpoint(() => "state")).firstLsn, 3);
  assertEquals((await cursor.next())?.lsn, 3);
  await cursor.commit();
  assertEquals((await wal.cursor("a")).committedLsn, 3);
  await reader.close();
  await wal.close();
});

test("WalReader.cursor() waits for what becomes durable, and ends with its reader", async () => {
  for (const level of ["disk", "os"] as const) {
    const { wal, reader } = await openBoth(1, level);
    const cursor = await reader.cursor("a");
    await cursor.next();
    const waiting = cursor.next();
    await wal.append("2", { ack: "os" });
    await wal.flush();
    await wal.append("3");
    assertEquals((await waiting)?.lsn, 2);
    await reader.close();
    await cursor.commit();
    assertEquals((await wal.cursor("a")).committedLsn, 2);
    await wal.close();
  }
});

test("WalReader.cursor() refuses to commit what the writer has cut off", async () => {
  const { storage, wal, reader } = await openBoth(5);
  const cursor = await reader.cursor("a");
  for (let lsn = 1; lsn <= 4; lsn++) await cursor.next();
  await wal.truncateAfter(2);
  for (let lsn = 3; lsn <= 6; lsn++) await wal.append(`new ${lsn}`);
  await assertRejects(() => cursor.commit(), TruncatedError);
  await assertRejects(() => cursor.next(), TruncatedError);
  await cursor.commit(2);
  await cursor.seek(3);
  const record = await cursor.next();
  assertEquals(new TextDecoder().decode(record?.data), "new 3");
  await cursor.commit();
  await reader.close();
  await wal.close();
  const again = await Wal.open(storage, OPTIONS);
  assertEquals((await (await again.cursor("a")).next())?.lsn, 4);
  await again.close();
});

test("WalReader.cursor() notices that the writer's consumer has moved it", async () => {
  const { wal, reader } = await openBoth(3);
  const [mine, other] = [await reader.cursor("a"), await wal.cursor("a")];
  await other.commit(2);
  const error = await assertRejects(() => mine.commit(1), Error);
  assertEquals(error.name, "CursorMovedError");
  await reader.close();
  await wal.close();
});

test("WalReader.restore() restores, and again if a checkpoint was quicker", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, { segmentBytes: 4096, warn() {} });
  const reader = await WalReader.open(storage);
  for (const lsn of [1, 2]) await wal.append(`${lsn}`);
  await wal.checkpoint(() => "2");
  const texts: string[] = [];
  const restore = () =>
    reader.restore(async (snapshot) => {
      texts.push(await snapshot.text());
    });
  assertEquals(await restore(), 3);
  await wal.append("3");
  const from = await reader.restore(async (snapshot) => {
    // The file that is being read goes, with the records after it.
    await wal.checkpoint(() => "3");
    texts.push(await snapshot.text());
  });
  assertEquals(from, 3);
  await wal.append("4");
  await assertRejects(() => reader.follow({ from }).next(), CompactedError);
  assertEquals(await restore(), 4);
  assertEquals(texts, ["2", "2", "3"]);
  const { value } = await reader.follow({ from: 4 }).next();
  assert(value !== undefined);
  assertEquals(value.lsn, 4);
  await reader.close();
  await wal.close();
});

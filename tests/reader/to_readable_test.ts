import "../../reader/on_demand.ts"; // So that followers begin at once.
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import type { LogIterator } from "../../reader/serial_generator.ts";
import { LogClosedError } from "../../writer/log_closed_error.ts";
import { anotherTurn } from "../kit/another_turn.ts";
import { assertEquals, assertRejects } from "../kit/assert.ts";
import { fillLog } from "../kit/lookup_log.ts";
import { test } from "../kit/register.ts";

async function opened(): Promise<Wal> {
  const wal = await Wal.open(new MemoryStorage(), { segmentBytes: 4096 });
  await fillLog(wal, 1, 100, 2);
  await wal.flush();
  return wal;
}

/** Counts the calls of `next`. */
function counted<Value>(iterator: LogIterator<Value>) {
  const counts = { calls: 0 };
  const next = iterator.next.bind(iterator);
  iterator.next = () => {
    counts.calls++;
    return next();
  };
  return counts;
}

test("toReadable() streams what read and follow yield", async () => {
  const wal = await opened();
  const lsns: number[] = [];
  for await (const { lsn } of wal.read({ to: 40 }).toReadable()) lsns.push(lsn);
  const batches = wal.readBatches({ from: 41 }).toReadable();
  for await (const { firstLsn } of batches) lsns.push(firstLsn, firstLsn + 1);
  const following = (async () => {
    const stream = wal.follow({ from: 101 }).toReadable();
    for await (const { lsn } of stream) lsns.push(lsn);
  })();
  await fillLog(wal, 101, 110, 3);
  await wal.flush();
  await wal.close();
  await following;
  assertEquals(lsns, Array.from({ length: 110 }, (_, at) => at + 1));
});

test("toReadable() takes nothing before it is asked", async () => {
  const wal = await opened();
  const iterator = wal.follow();
  const counts = counted(iterator);
  const reader = iterator.toReadable().getReader();
  await anotherTurn();
  assertEquals(counts.calls, 0);
  for (let lsn = 1; lsn <= 5; lsn++) {
    assertEquals((await reader.read()).value?.lsn, lsn);
    await anotherTurn();
    assertEquals(counts.calls, lsn);
  }
  reader.releaseLock();
  // Both share one position.
  assertEquals((await iterator.next()).value?.lsn, 6);
  await wal.close();
});

test("to cancel a stream ends what it comes from, even while that waits", async () => {
  const wal = await opened();
  for (const from of [1, 101]) {
    const iterator = wal.follow({ from });
    const reader = iterator.toReadable().getReader();
    const reading = reader.read();
    if (from === 1) await reading;
    else await anotherTurn();
    await reader.cancel();
    assertEquals((await iterator.next()).done, true);
  }
  await wal.close();
});

test("errors of the log are errors of the stream", async () => {
  const wal = await opened();
  const reader = wal.follow().toReadable().getReader();
  await reader.read();
  await wal.close();
  await assertRejects(async () => {
    while (true) await reader.read();
  }, LogClosedError);
});

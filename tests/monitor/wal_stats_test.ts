import type { FlushReport } from "../../policies/batch_policy.ts";
import { AgePolicy } from "../../policies/age_policy.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { StorageFullError } from "../../storage/storage_error.ts";
import { Wal } from "../../wal.ts";
import type { Health } from "../../writer/log_health.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertThrows,
} from "../kit/assert.ts";
import { openWal } from "../kit/open_wal.ts";
import { test } from "../kit/register.ts";

const NO_THREAD = {
  ...{ status: "none", ends: 0, handedRecords: 0, handedBytes: 0 },
};

test("stats() of a log that did nothing is all zeros", async () => {
  const { wal, clock, close } = await openWal();
  await clock.advance(7);
  const stats = wal.stats();
  assertEquals(stats.uptimeMs, 7);
  assertEquals(stats.lsn, { first: 1, last: 0, written: 0, durable: 0 });
  assertEquals(stats.atRisk, { records: 0, bytes: 0, ms: 0 });
  assertEquals(stats.flushes.count, 0);
  assertEquals(stats.latency.ackMs.count, 0);
  assertEquals(stats.busyMs, 0);
  const { wakeMs, ...thread } = stats.thread;
  assertEquals([thread, wakeMs.count], [NO_THREAD, 0]);
  assertEquals(stats.storage, { segments: 0, bytes: 0 });
  assertEquals(stats.health, { status: "healthy", reasons: [] });
  await close();
});

test("stats() tells what waits, and what a power cut would lose", async () => {
  const { wal, clock, close } = await openWal({
    policy: new AgePolicy({ ms: 10 }),
    synchronous: "normal",
    syncIntervalMs: 100,
  });
  wal.enqueue("abc"); // 7 bytes with its length
  await clock.advance(4);
  wal.enqueue("d");
  await clock.turn();
  await clock.advance(5);
  const waiting = wal.stats();
  assertEquals(waiting.queue.records, 2);
  assertEquals(waiting.queue.bytes, 12);
  assertEquals(waiting.queue.oldestMs, 9);
  assertEquals(waiting.atRisk, { records: 2, bytes: 12, ms: 9 });
  await clock.advance(6); // Both are written, and not synced.
  wal.enqueue("e");
  const written = wal.stats();
  assertEquals(written.lsn, { first: 1, last: 3, written: 2, durable: 0 });
  assertEquals(written.queue.records, 1);
  assertEquals(written.atRisk, { records: 3, bytes: 17, ms: 15 });
  await clock.advance(200);
  assertEquals(wal.stats().atRisk, { records: 0, bytes: 0, ms: 0 });
  assertEquals(wal.stats().latency.syncMs.count, 1);
  await close();
});

test("stats() adds flushes up by reason, size and time", async () => {
  const { wal, log, clock, close } = await openWal(
    { policy: new AgePolicy({ ms: 3 }) },
    { answer: "held" },
  );
  const one = wal.append("one");
  await clock.advance(3); // The write begins.
  await clock.advance(2);
  assertEquals(wal.stats().busyMs, 2);
  log.step(); // It ends, and the sync begins.
  await clock.turn();
  await clock.advance(4);
  log.step();
  await clock.turn();
  log.step(); // The owner is checked.
  await clock.turn();
  assertEquals(await one, 1);
  const { flushes, latency, busyMs } = wal.stats();
  assertEquals(flushes.reasons.due, 1);
  assertEquals(flushes.records.sum, 1);
  assertEquals(flushes.bytes.sum, 7);
  assertEquals(latency.queueMs.max, 3);
  assertEquals(latency.writeMs.max, 2);
  assertEquals(latency.syncMs.max, 4);
  assertEquals(latency.ackMs.max, 9);
  assertEquals(busyMs, 0);
  const closing = close();
  for (let turn = 0; turn < 10; turn++) {
    log.step();
    await clock.turn();
  }
  await closing;
});

test("stats() stays as it was when the log goes on", async () => {
  const wal = await Wal.open(new MemoryStorage());
  await wal.append("one");
  const before = wal.stats();
  await wal.append("two");
  assertEquals(before.flushes.count, 1);
  assertEquals(before.flushes.records.sum, 1);
  assertEquals(before.flushes.reasons.due + before.flushes.reasons.idle, 1);
  assertEquals(wal.stats().flushes.records.sum, 2);
  assertEquals(wal.stats().storage.segments, 1);
  await wal.close();
});

test('on("flush") tells each flush once its callers are released', async () => {
  const wal = await Wal.open(new MemoryStorage());
  const flushes: FlushReport[] = [];
  const end = wal.on("flush", (flush) => {
    assertEquals(wal.durableLsn, flush.lastLsn);
    flushes.push(flush);
  });
  await wal.append("one");
  await wal.appendBatch(["two", "three"]);
  end();
  await wal.append("untold");
  assertEquals(flushes.map(({ lastLsn }) => lastLsn), [1, 3]);
  await wal.close();
});

test('on("health") tells when space is missing, and when it is there again', async () => {
  let isFull = false;
  const storage = new MemoryStorage({
    onCall: ({ operation }) =>
      isFull && (operation === "write" || operation === "create")
        ? { error: "ENOSPC" }
        : undefined,
  });
  const wal = await Wal.open(storage);
  await wal.append("one");
  const told: Health[] = [];
  wal.on("health", (health) => told.push(health));
  isFull = true;
  await assertRejects(() => wal.append("two"), StorageFullError);
  await assertRejects(() => wal.append("two"), StorageFullError);
  assertEquals(wal.health.status, "degraded");
  assert(/no space/i.test(wal.health.reasons[0]), wal.health.reasons[0]);
  isFull = false;
  await wal.append("two");
  assertEquals(told.map(({ status }) => status), ["degraded", "healthy"]);
  assertEquals(wal.health.reasons, []);
  await wal.close();
});

test('on("health") tells of a failure, with its reason', async () => {
  const { wal, clock, close } = await openWal({}, {
    fail: { operation: "sync", nth: 1, error: new Error("EIO, of all things") },
  });
  const told: Health[] = [];
  wal.on("health", (health) => told.push(health));
  const lost = wal.append("lost").catch(() => {});
  await clock.turn();
  await lost;
  assertEquals(told.map(({ status }) => status), ["failed"]);
  assert(wal.health.reasons[0].includes("EIO, of all things"));
  await close();
});

test("on() refuses unknown events, and what is no function", async () => {
  const wal = await Wal.open(new MemoryStorage());
  assertThrows(() => wal.on("flash" as never, () => {}), TypeError);
  assertThrows(() => wal.on("flush", 5 as never), TypeError);
  await wal.close();
});

/**
 * Goal: what goes wrong in a call that blocks, or meanwhile, is neither lost nor
 * acknowledged, and the log goes on if it can.
 *
 * @module
 */
import { AgePolicy } from "../policies/age_policy.ts";
import { CountPolicy } from "../policies/count_policy.ts";
import type { FrameDraft } from "../storage/frame_log.ts";
import { MemoryStorage } from "../storage/memory/memory_storage.ts";
import { StorageFullError } from "../storage/storage_error.ts";
import { Wal } from "../wal.ts";
import type { WalOptions } from "../wal_options.ts";
import { FlushInProgressError } from "../writer/flush_in_progress_error.ts";
import { anotherTurn } from "./kit/another_turn.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertThrows,
} from "./kit/assert.ts";
import { openWal } from "./kit/open_wal.ts";
import { textsOf } from "./kit/reader_kit.ts";
import { test } from "./kit/register.ts";
import { slowSyncs } from "./kit/slow_syncs.ts";

const QUIET: WalOptions = { warn() {} };

/** A policy that never asks for a flush. */
const never = () => new CountPolicy({ records: 1000, whenIdle: "wait" });

test("flushSync() on a full disk rejects what it has just let into the queue", async () => {
  let written = Infinity;
  const storage = new MemoryStorage({
    onCall: ({ operation }) =>
      operation === "write" && written-- <= 0 ? { error: "ENOSPC" } : undefined,
  });
  const wal = await Wal.open(storage, { maxQueuedRecords: 2 });
  await wal.append("zero");
  await wal.configure({ policy: never() });
  const records = ["one", "two", "three", "four", "five"];
  const acks = records.map((record) => wal.append(record));
  const settled = Promise.allSettled(acks);
  written = 1;
  assertThrows(() => wal.flushSync(), StorageFullError);
  written = Infinity;
  // Their LSNs are assigned again: nobody may take these for their own.
  const again = ["3", "4", "5"].map((record) => wal.append(record));
  assertEquals(wal.flushSync(), 6);
  assertEquals(await Promise.all(again), [4, 5, 6]);
  assertEquals(
    (await settled).map(({ status }) => status === "fulfilled"),
    [true, true, false, false, false],
  );
  wal.closeSync();
  const found = await Wal.open(storage, QUIET);
  assertEquals(await textsOf(found), ["zero", "one", "two", "3", "4", "5"]);
  await found.close();
});

test("flushSync() gives receipts to what waited for room", async () => {
  const wal = await Wal.open(new MemoryStorage(), {
    maxQueuedRecords: 1,
    policy: never(),
  });
  const receipts = ["one", "two", "three"]
    .map((record) => wal.append(record, { receipt: true }));
  wal.flushSync();
  const lsns = (await Promise.all(receipts)).map(({ lsn }) => lsn);
  assertEquals(lsns, [1, 2, 3]);
  await wal.close();
});

test("flushSync() works again and again while a sync elsewhere goes on", async () => {
  const { storage, slow, release } = slowSyncs();
  const wal = await Wal.open(storage, { syncIntervalMs: Infinity });
  await wal.append("one");
  slow(true);
  const second = wal.append("two");
  await anotherTurn(); // Its sync has begun.
  slow(false);
  assertEquals(wal.flushSync(), 2);
  wal.enqueue("three");
  assertEquals(wal.flushSync(), 3);
  assertEquals([wal.writtenLsn, wal.durableLsn], [3, 1]);
  const crashed = await Wal.open(storage.crash(() => 0), QUIET);
  assertEquals(await textsOf(crashed), ["one", "two", "three"]);
  release();
  assertEquals(await second, 2);
  await wal.close();
});

test("flushSync() of a displaced owner acknowledges nothing that it had written", async () => {
  const { storage, slow, release } = slowSyncs();
  const wal = await Wal.open(storage);
  await wal.append("one");
  const next = await Wal.open(storage, { ...QUIET, takeOver: true });
  slow(true);
  const lost = [wal.append("two"), wal.append("three", { ack: "os" })]
    .map((acked) => assertRejects(() => acked, Error, "took over"));
  await anotherTurn(); // Their sync has begun.
  slow(false);
  assertThrows(() => wal.flushSync(), Error, "took over");
  await Promise.all(lost);
  const { health } = wal;
  release();
  await anotherTurn();
  assertEquals(wal.health, health); // It has failed once.
  await wal.close();
  assertEquals(await textsOf(next), ["one"]);
  assertEquals(await next.append("two"), 2);
  await next.close();
});

test("flushSync() that finds no space lets what it has written be synced", async () => {
  let written = Infinity;
  const storage = new MemoryStorage({
    onCall: ({ operation }) =>
      operation === "write" && written-- <= 0 ? { error: "ENOSPC" } : undefined,
  });
  const wal = await Wal.open(storage, {
    ...{ maxQueuedRecords: 1, syncIntervalMs: Infinity },
  });
  await wal.append("one");
  const [second, third] = ["two", "three"].map((record) => wal.append(record));
  const lost = assertRejects(() => third, StorageFullError);
  written = 1;
  assertThrows(() => wal.flushSync(), StorageFullError);
  await lost;
  assertEquals(await second, 2); // Nothing else has to be appended.
  written = Infinity;
  await wal.close();
});

test("flushSync() says that it cannot flush what waits for a cut", async () => {
  const wal = await Wal.open(new MemoryStorage());
  await wal.appendBatch(["one", "two"]);
  const cut = wal.truncateAfter(1);
  assertEquals(wal.flushSync(), 2);
  const after = wal.append("after");
  assertThrows(() => wal.flushSync(), FlushInProgressError, "cut back");
  await cut;
  assertEquals(await after, 2);
  await wal.close();
});

test("flushSync() that metadata forbid writes nothing, and the log goes on", async () => {
  const storage = new MemoryStorage();
  const killed = await Wal.open(storage);
  await killed.append("one", { meta: "epoch" });
  const wal = await Wal.open(storage.kill(), QUIET);
  const acked = wal.append("two");
  assertThrows(() => wal.flushSync(), FlushInProgressError, "metadata");
  assertEquals(await acked, 2);
  assertEquals(wal.flushSync(), 2);
  await wal.close();
});

test("flushSync() claims nothing about an end that could not be copied", async () => {
  const before = new MemoryStorage();
  const killed = await Wal.open(before, { ...QUIET, synchronous: "off" });
  await killed.append("one");
  await killed.flush();
  await killed.append("two");
  let isFull = true;
  const storage = before.kill({
    onCall: ({ operation, file }) =>
      isFull && operation === "write" && file.startsWith("0000000000000")
        ? { error: "ENOSPC" }
        : undefined,
  });
  const wal = await Wal.open(storage, QUIET);
  const { durableLsn } = wal;
  assert(durableLsn < 2);
  assertThrows(() => wal.flushSync(), FlushInProgressError);
  assertEquals(wal.durableLsn, durableLsn);
  isFull = false;
  assertEquals(await wal.flush(), 2);
  assertEquals(wal.flushSync(), 2);
  await wal.close();
});

test("flushSync() leaves no timer behind", async () => {
  const { clock, log, wal, close } = await openWal({
    policy: new AgePolicy({ ms: 50 }),
  });
  const blocking = {
    refusal: () => undefined,
    append: (frame: FrameDraft) => void log.append(frame),
    sync: () => void log.sync(),
    checkOwner() {},
    release() {},
  };
  Object.defineProperty(log, "blocking", { value: blocking });
  wal.enqueue("one");
  assertEquals(wal.flushSync(), 1);
  wal.enqueue("two");
  await clock.turn();
  assertEquals(clock.timers, 1);
  await close();
  assertEquals(clock.timers, 0);
});

test("closeSync() flushes what close() has not flushed yet", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, { policy: never() });
  wal.enqueue("one");
  const closed = wal.close();
  wal.closeSync(); // As a process does that exits without waiting.
  const killed = await Wal.open(storage.kill(), QUIET);
  assertEquals(await textsOf(killed), ["one"]);
  await closed;
  wal.closeSync();
  await killed.close();
});

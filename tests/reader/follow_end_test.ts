import "../../reader/on_demand.ts"; // So that followers begin at once.
import { CompactedError, TruncatedError } from "../../storage/frame_log.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import type { AckLevel } from "../../writer/acks.ts";
import { LogClosedError } from "../../writer/log_closed_error.ts";
import { LogFailedError } from "../../writer/log_failed_error.ts";
import { anotherTurn } from "../kit/another_turn.ts";
import { assertEquals, assertRejects } from "../kit/assert.ts";
import { asyncStorage } from "../kit/async_storage.ts";
import { FakeFrameLog } from "../kit/fake_frame_log.ts";
import { FullStorage } from "../kit/full_storage.ts";
import { fillLog, recordAt } from "../kit/lookup_log.ts";
import { test } from "../kit/register.ts";
import { type FollowerPlan, WatchedFollower } from "../kit/watched_follower.ts";

/** Small segments, so that followers meet rotations. */
const OPTIONS = { segmentBytes: 4096, reserveBytes: 0 };

const LEVELS: readonly AckLevel[] = ["memory", "os", "disk"];

/** What a follower shows from record `from` on, and how it ends. */
async function shown(wal: Wal, plan: FollowerPlan): Promise<unknown[]> {
  const follower = new WatchedFollower(wal, plan);
  await follower.drain();
  return [follower.next, follower.end];
}

test("followers end with the log when they have seen all, and fail otherwise", async () => {
  const wal = await Wal.open(new MemoryStorage(), OPTIONS);
  await fillLog(wal, 1, 400, 1);
  await wal.flush();
  const late = wal.follow();
  await late.next();
  const waiting = shown(wal, { from: 401 });
  await anotherTurn();
  wal.enqueue(recordAt(401));
  await wal.close();
  assertEquals(await waiting, [402, "done"]);
  await assertRejects(
    () => late.next(),
    LogClosedError,
    "Cannot follow because the log is closed",
  );
  assertEquals((await late.next()).done, true);
  await assertRejects(() => wal.follow().next(), LogClosedError, "follow");
});

test("a follower that lags by a few frames at the close still gets them", async () => {
  const wal = await Wal.open(new MemoryStorage());
  const follower = new WatchedFollower(wal);
  follower.pull();
  await fillLog(wal, 1, 20, 1);
  await wal.close();
  await follower.drain();
  assertEquals([follower.next, follower.end], [21, "done"]);
});

test("follow() rejects with LogFailedError after all that reached the level", async () => {
  for (const level of LEVELS) {
    const error = new Error("device gone");
    const fail = { operation: "sync", nth: 3, error } as const;
    const wal = await Wal.open(new FakeFrameLog({ fail }));
    const waiting = shown(wal, { level });
    const late = new WatchedFollower(wal, { level });
    late.pull();
    await anotherTurn();
    await anotherTurn();
    await fillLogUntilItFails(wal);
    const seen = level === "memory" ? 4 : 3;
    assertEquals(await waiting, [seen, "LogFailedError"]);
    await late.drain();
    assertEquals([late.next, late.end], [seen, "LogFailedError"]);
    await wal.close().catch(() => {});
  }
});

async function fillLogUntilItFails(wal: Wal): Promise<void> {
  await wal.append(recordAt(1));
  await wal.append(recordAt(2));
  await assertRejects(() => wal.append(recordAt(3)), LogFailedError);
}

test("follow() rejects with CompactedError if what it needs was dropped", async () => {
  const wal = await Wal.open(new MemoryStorage(), OPTIONS);
  await fillLog(wal, 1, 100, 1);
  await wal.flush();
  const [behind, ahead] = [wal.follow(), wal.follow({ from: 60 })];
  await behind.next();
  await ahead.next();
  await wal.truncateBefore(50);
  const error = await assertRejects(async () => {
    for await (const _ of behind);
  }, CompactedError);
  assertEquals([(error as CompactedError).firstLsn], [50]);
  assertEquals((await ahead.next()).value?.lsn, 61);
  await assertRejects(() => wal.follow({ from: 49 }).next(), CompactedError);
  await wal.close();
});

test("follow() tells those who saw records that were taken back for lack of space", async () => {
  const full = new FullStorage();
  const wal = await Wal.open(full.storage, { reserveBytes: 0 });
  await wal.append(recordAt(1));
  const memory = new WatchedFollower(wal, { level: "memory" });
  const late = new WatchedFollower(wal, { level: "memory" });
  const disk = new WatchedFollower(wal);
  for (const follower of [memory, late, disk]) follower.pull();
  await anotherTurn();
  await anotherTurn();
  full.capacity = full.used;
  memory.pull();
  memory.pull();
  disk.pull();
  await assertRejects(() => wal.appendBatch([recordAt(2), recordAt(3)]));
  await memory.settled();
  assertEquals([memory.next, memory.end], [4, undefined]);
  full.capacity = Infinity;
  memory.pull();
  await memory.settled();
  assertEquals(memory.end, "TruncatedError");
  await wal.append(recordAt(2));
  late.pull();
  await Promise.all([late.settled(), disk.settled()]);
  assertEquals([late.next, disk.next], [3, 3]);
  await wal.close();
});

test("a follower that waits rejects with TruncatedError as records are taken back", async () => {
  const full = new FullStorage();
  const wal = await Wal.open(full.storage, { reserveBytes: 0 });
  await wal.append("kept");
  full.capacity = full.used;
  const follower = wal.follow({ level: "memory", from: 2 });
  const first = follower.next();
  await anotherTurn();
  await anotherTurn();
  const appending = assertRejects(() => wal.append("taken back"));
  assertEquals((await first).value?.lsn, 2);
  const error = await assertRejects(() => follower.next(), TruncatedError);
  const { lsn, lastLsn } = error as TruncatedError;
  assertEquals([lsn, lastLsn], [3, 1]);
  await appending;
  full.capacity = Infinity;
  await wal.close();
});

test("follow() rejects with the reason of its signal, whenever that is aborted", async () => {
  const reason = new Error("enough");
  for (const level of LEVELS) {
    for (let ticks = 0; ticks < 60; ticks++) {
      const wal = await Wal.open(asyncStorage(new MemoryStorage()));
      await wal.append("history");
      const controller = new AbortController();
      const { signal } = controller;
      const follower = wal.follow({ level, signal });
      const nexts = [follower.next(), follower.next(), follower.next()];
      const outcomes = Promise.allSettled(nexts);
      for (let tick = 0; tick < ticks; tick++) {
        await (tick % 3 === 0 ? anotherTurn() : null);
      }
      controller.abort(reason);
      const settled = (await outcomes).map((one) =>
        "reason" in one ? one.reason : one.value.value?.lsn
      );
      const shown = settled[0] === 1 ? [1] : [];
      const rest = Array(2 - shown.length).fill(undefined);
      assertEquals(settled, [...shown, reason, ...rest]);
      assertEquals((await follower.next()).done, true);
      await wal.close();
    }
  }
});

test("a signal ends a follower and a read that have records of a frame left", async () => {
  const wal = await Wal.open(new MemoryStorage());
  await wal.appendBatch(["a", "b", "c"]);
  const controller = new AbortController();
  const { signal } = controller;
  const iterators = [wal.follow({ signal }), wal.read({ signal })];
  for (const iterator of iterators) await iterator.next();
  controller.abort("enough");
  for (const iterator of iterators) {
    const next: Promise<unknown> = iterator.next();
    assertEquals(await next.catch((error) => error), "enough");
    assertEquals((await iterator.next()).done, true);
  }
  await wal.close();
});

test("follow() rejects with CompactedError even if what was dropped is in memory", async () => {
  const wal = await Wal.open(new MemoryStorage());
  const follower = wal.follow();
  const next = follower.next();
  await anotherTurn();
  for (let lsn = 1; lsn <= 5; lsn++) await wal.append(recordAt(lsn));
  await next;
  await wal.truncateBefore(4);
  await assertRejects(() => follower.next(), CompactedError);
  await wal.close();
});

test("return() during a read of history ends calls that would wait after it", async () => {
  for (let turns = 0; turns < 20; turns++) {
    const wal = await Wal.open(asyncStorage(new MemoryStorage()));
    await fillLog(wal, 1, 2, 2);
    await wal.flush();
    const follower = wal.follow();
    const nexts = Array.from({ length: 5 }, () => follower.next());
    for (let turn = 0; turn < turns; turn++) await anotherTurn();
    await follower.return(undefined);
    const lsns = (await Promise.all(nexts)).map(({ value }) => value?.lsn);
    assertEquals(lsns.slice(2), [undefined, undefined, undefined]);
    await wal.close();
  }
});

test("a follower has seen all as soon as it was shown the last record", async () => {
  for (const level of LEVELS) {
    const wal = await Wal.open(asyncStorage(new MemoryStorage()), OPTIONS);
    await fillLog(wal, 1, 9, 9);
    await wal.flush();
    const follower = new WatchedFollower(wal, { level, batches: true });
    follower.pull();
    await follower.settled();
    assertEquals(follower.next, 10);
    await wal.close();
    await follower.drain();
    assertEquals(follower.end, "done");
  }
});

import type { LogIterator } from "../../reader/serial_generator.ts";
import "../../reader/on_demand.ts"; // So that followers begin at once.
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import type { AckLevel } from "../../writer/acks.ts";
import { anotherTurn } from "../kit/another_turn.ts";
import { assertEquals, assertRejects } from "../kit/assert.ts";
import { FakeFrameLog } from "../kit/fake_frame_log.ts";
import { fillLog, recordAt } from "../kit/lookup_log.ts";
import { test } from "../kit/register.ts";
import { type FollowerPlan, WatchedFollower } from "../kit/watched_follower.ts";

/*
 * Goal: followers see every record once, in order, at the level that they ask
 * for, whatever else happens. Method: the answers of all followers are checked,
 * in small spaces that are enumerated and in random interleavings.
 */

const LEVELS: readonly AckLevel[] = ["memory", "os", "disk"];

/** Small segments, so that followers meet rotations. */
const OPTIONS = { segmentBytes: 4096, reserveBytes: 0 };

/** What a follower shows from record `from` on, and how it ends. */
async function shown(wal: Wal, plan: FollowerPlan): Promise<unknown[]> {
  const follower = new WatchedFollower(wal, plan);
  await follower.drain();
  return [follower.next, follower.end];
}

for (const count of [1, 3, 8]) {
  test(`follow() begins at any record, at any level, on history and live: ${count} in a frame`, async () => {
    const wal = await Wal.open(new MemoryStorage(), OPTIONS);
    await fillLog(wal, 1, 48, count);
    await wal.flush();
    const plans = LEVELS.flatMap((level) =>
      [false, true].flatMap((batches) =>
        Array.from({ length: 49 }, (_, at) => ({
          level,
          batches,
          from: at + 1,
        }))
      )
    );
    const followers = plans.map((plan) => new WatchedFollower(wal, plan));
    const draining = followers.map((follower) => follower.drain());
    while (followers.some(({ next }) => next <= 48)) await anotherTurn();
    await fillLog(wal, 49, 96, count);
    await wal.close();
    await Promise.all(draining);
    for (const { next, end } of followers) {
      assertEquals([next, end], [97, "done"]);
    }
  });
}

test("follow() wakes before the turn of the ack ends, at every level", async () => {
  const wal = await Wal.open(new MemoryStorage());
  for (const level of LEVELS) {
    const follower = wal.follow({ level, from: wal.lastLsn + 1 });
    const next = follower.next();
    await anotherTurn();
    await anotherTurn();
    let isOver = false;
    const lsn = await wal.append("now", { ack: level });
    setImmediate(() => isOver = true);
    assertEquals((await next).value?.lsn, lsn);
    assertEquals(isOver, false, level);
    await follower.return(undefined);
  }
  await wal.close();
});

test("follow() hands out nothing before it has reached the level", async () => {
  const log = new FakeFrameLog({ answer: "held" });
  const wal = await Wal.open(log);
  const followers = LEVELS.map((level) => new WatchedFollower(wal, { level }));
  for (const follower of followers) follower.pull();
  await anotherTurn();
  await anotherTurn();
  const seen = () => followers.map(({ next }) => next - 1);
  const appending = wal.append(recordAt(1));
  await ticks();
  assertEquals(seen(), [1, 0, 0]);
  // Written, synced, and the owner checked.
  for (let call = 0; call < 3; call++) {
    while (!log.isHolding) await anotherTurn();
    assertEquals(seen(), [1, 0, 0]);
    log.step();
  }
  await appending;
  await ticks();
  assertEquals(seen(), [1, 1, 1]);
  const closing = wal.close();
  while (log.isHolding) log.step();
  await closing;
});

test("follow() waits for the sync of records that are written without", async () => {
  const wal = await Wal.open(new MemoryStorage(), { synchronous: "off" });
  for (const batches of [false, true]) {
    const from = wal.lastLsn + 1;
    const follower = new WatchedFollower(wal, { from, batches });
    follower.pull();
    follower.pull();
    await anotherTurn();
    await wal.append(recordAt(from));
    await wal.append(recordAt(from + 1));
    await ticks();
    assertEquals(follower.next, from);
    await wal.flush();
    await ticks();
    assertEquals(follower.next, from + 2);
  }
  await wal.close();
});

/** Lets what is settled in this turn be seen. */
async function ticks(): Promise<void> {
  for (let tick = 0; tick < 20; tick++) await null;
}

test("follow() says how safe a record is as it is handed out", async () => {
  const wal = await Wal.open(new MemoryStorage(), { synchronous: "normal" });
  await wal.append("a", { ack: "disk" });
  await wal.append("b", { ack: "os" });
  const follower = wal.follow({ level: "memory" });
  const levels: AckLevel[] = [];
  for (let count = 0; count < 3; count++) {
    if (count === 2) wal.enqueue("c");
    levels.push((await follower.next()).value!.level);
  }
  assertEquals(levels, ["disk", "os", "memory"]);
  await wal.close();
});

test("follow() ends calls that wait when it is returned, left or thrown into", async () => {
  const ways: readonly ((follower: LogIterator<unknown>) => unknown)[] = [
    (follower) => follower.return(undefined),
    (follower) => follower.throw(new Error("left")).catch(() => {}),
    (follower) => follower[Symbol.asyncDispose](),
  ];
  for (const leave of ways) {
    for (let turns = 0; turns < 4; turns++) {
      const wal = await Wal.open(new MemoryStorage());
      const follower = wal.follow();
      const nexts = [follower.next(), follower.next(), follower.next()];
      for (let turn = 0; turn < turns; turn++) await anotherTurn();
      const ending = leave(follower);
      for (const next of nexts) assertEquals((await next).done, true);
      await ending;
      assertEquals((await follower.next()).done, true);
      await wal.close();
    }
  }
});

test("followBatches() shows the times of frames, whether from storage or live", async () => {
  const wal = await Wal.open(new MemoryStorage());
  const times: (number | undefined)[] = [];
  const following = (async () => {
    for await (const { time } of wal.followBatches()) times.push(time);
  })();
  await anotherTurn();
  for (let lsn = 1; lsn <= 4; lsn++) {
    await wal.append(recordAt(lsn));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const model: (number | undefined)[] = [];
  for await (const { time } of wal.readBatches()) model.push(time);
  await wal.close();
  await following;
  assertEquals(times, model);
  assertEquals(new Set(times).size, 4);
});

test("follow() answers several calls at once in order", async () => {
  const wal = await Wal.open(new MemoryStorage());
  const follower = new WatchedFollower(wal);
  for (let call = 0; call < 10; call++) follower.pull();
  await fillLog(wal, 1, 12, 4);
  await wal.flush();
  await follower.settled();
  assertEquals([follower.next, follower.pending], [11, 0]);
  await wal.close();
});

test("a follower may begin while others are woken", async () => {
  const wal = await Wal.open(new MemoryStorage());
  const inner: Promise<unknown>[] = [];
  const outer = (async () => {
    for await (const { lsn } of wal.follow({ level: "os" })) {
      if (lsn <= 3) inner.push(shown(wal, { from: lsn }));
    }
  })();
  await anotherTurn();
  await fillLog(wal, 1, 6, 1);
  await wal.close();
  await outer;
  assertEquals(await Promise.all(inner), Array(3).fill([7, "done"]));
});

test("follow() names what it refuses, before anything else", async () => {
  const wal = await Wal.open(new MemoryStorage());
  await wal.append("one");
  const refusals: readonly [unknown, ErrorConstructor, string][] = [
    [{ from: 0 }, RangeError, "its LSN must be an integer from 1 to 2"],
    [{ from: 3 }, RangeError, "its LSN must be an integer from 1 to 2"],
    [{ from: "1" }, TypeError, 'an integer from 1 to 2: received "1"'],
    [{ level: "tape" }, TypeError, 'level must be "memory", "os" or "disk"'],
    [{ signal: {} }, TypeError, "signal must be an AbortSignal"],
    [{ form: 1 }, TypeError, "there is no option form: did you mean from?"],
    [null, TypeError, "its options must be an object"],
  ];
  for (const [options, type, message] of refusals) {
    for (const call of ["follow", "followBatches"] as const) {
      const follower = wal[call](options as FollowerPlan);
      await assertRejects(() => follower.next(), type, message);
    }
  }
  await wal.close();
});

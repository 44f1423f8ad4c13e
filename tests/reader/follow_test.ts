import fc from "fast-check";
import type { LogIterator } from "../../reader/serial_generator.ts";
import "../../reader/on_demand.ts"; // So that followers begin at once.
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { CompactedError, TruncatedError } from "../../storage/frame_log.ts";
import { Wal } from "../../wal.ts";
import type { AckLevel } from "../../writer/acks.ts";
import { LogClosedError } from "../../writer/log_closed_error.ts";
import { LogFailedError } from "../../writer/log_failed_error.ts";
import { anotherTurn } from "../kit/another_turn.ts";
import { assert, assertEquals, assertRejects } from "../kit/assert.ts";
import { asyncStorage } from "../kit/async_storage.ts";
import { FakeFrameLog } from "../kit/fake_frame_log.ts";
import { FullStorage } from "../kit/full_storage.ts";
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

/** A step of a random run; numbers choose among what there is. */
type Step =
  | { do: "append"; count: number; ack: AckLevel }
  | { do: "enqueue" | "flush" | "turn" | "tick" | "checkpoint" }
  | { do: "follow"; plan: FollowerPlan; behind: number }
  | { do: "pull"; who: number; calls: number }
  | { do: "leave"; who: number };

const level = fc.constantFrom(...LEVELS);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("append" as const),
      count: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 30 })),
      ack: level,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom(
        ...["enqueue", "flush", "turn", "tick", "checkpoint"] as const,
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("follow" as const),
      plan: fc.record({ level, batches: fc.boolean() }),
      behind: fc.nat(40),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("pull" as const),
      who: fc.nat(9),
      calls: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("leave" as const), who: fc.nat(9) }),
  },
);

/** A log, and those who follow it. */
class Run {
  readonly followers: WatchedFollower[] = [];
  #next = 1;

  constructor(readonly wal: Wal) {}

  async take(step: Step): Promise<void> {
    const { wal, followers } = this;
    const chosen = "who" in step
      ? followers[step.who % followers.length]
      : undefined;
    if (step.do === "append") {
      const batch = Array.from(
        { length: step.count },
        () => recordAt(this.#next++),
      );
      wal.appendBatch(batch, { ack: step.ack }).catch(() => {});
    } else if (step.do === "enqueue") wal.enqueue(recordAt(this.#next++));
    else if (step.do === "flush") await wal.flush();
    else if (step.do === "turn") await anotherTurn();
    else if (step.do === "tick") await null;
    else if (step.do === "checkpoint") await this.#checkpoint();
    else if (step.do === "follow") {
      const from = Math.max(wal.firstLsn, wal.lastLsn + 1 - step.behind);
      followers.push(new WatchedFollower(wal, { ...step.plan, from }));
    } else if (step.do === "pull") {
      for (let call = 0; call < step.calls; call++) chosen?.pull();
    } else if (chosen !== undefined) {
      followers.splice(followers.indexOf(chosen), 1);
      await chosen.return();
    }
  }

  /** Drops what all have seen; those who begin later begin after it. */
  async #checkpoint(): Promise<void> {
    const { writtenLsn } = this.wal;
    const next = this.followers.map((follower) => follower.next);
    await this.wal.truncateBefore(Math.min(writtenLsn + 1, ...next));
  }

  /** Closes the log; those who ask for more from now on see its end. */
  async close(areWaiting: boolean): Promise<void> {
    const { wal, followers } = this;
    const { firstLsn, lastLsn } = wal;
    if (areWaiting) {
      const draining = followers.map((follower) => follower.drain());
      await wal.flush();
      while (followers.some((follower) => follower.next <= lastLsn)) {
        await anotherTurn();
      }
      await wal.close();
      await Promise.all(draining);
      for (const { end } of followers) assertEquals(end, "done");
    } else {
      for (const follower of followers) follower.hasBegun = follower.isAsked;
      await wal.close();
      await Promise.all(followers.map((follower) => follower.drain()));
    }
    for (const { end, next, hasBegun } of followers) {
      assert(next >= firstLsn && next <= lastLsn + 1);
      const sawAll = hasBegun && next > lastLsn;
      assertEquals(end, sawAll ? "done" : "LogClosedError");
    }
  }
}

for (const isAsync of [false, true]) {
  test(`follow() shows every record once, in order, whatever else happens: storage that answers ${isAsync ? "later" : "at once"}`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.boolean(),
        fc.constantFrom("full" as const, "normal" as const, "off" as const),
        async (steps, areWaiting, synchronous) => {
          const memory = new MemoryStorage();
          const storage = isAsync ? asyncStorage(memory) : memory;
          const wal = await Wal.open(storage, { ...OPTIONS, synchronous });
          const run = new Run(wal);
          for (const step of steps) await run.take(step);
          await run.close(areWaiting);
          for (const follower of run.followers) await follower.settled();
        },
      ),
      { numRuns: isAsync ? 60 : 200 },
    );
  });
}

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

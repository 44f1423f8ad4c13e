import { AgePolicy } from "../../policies/age_policy.ts";
import { CountPolicy } from "../../policies/count_policy.ts";
import type { VirtualClock } from "../../testing/virtual_clock.ts";
import type { Wal } from "../../wal.ts";
import { QueueFullError } from "../../writer/append_queue.ts";
import { LogFailedError } from "../../writer/log_failed_error.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertLessOrEqual,
  assertStrictEquals,
} from "../kit/assert.ts";
import { ObservingPolicy } from "../kit/observing_policy.ts";
import {
  openPipelined,
  type PipelinedFrameLog,
} from "../kit/pipelined_frame_log.ts";
import { test } from "../kit/register.ts";
import { track, type Tracked } from "../kit/track.ts";

const gone = new Error("the store is gone");

/** Appends one record per turn; returns how each append stands. */
async function appendOneByOne(
  wal: Wal,
  clock: VirtualClock,
  count: number,
): Promise<Tracked<number>[]> {
  const appends = [];
  for (let nth = 1; nth <= count; nth++) {
    appends.push(track(wal.append(`record ${nth}`)));
    await clock.turn();
  }
  return appends;
}

const statesOf = (appends: readonly Tracked<unknown>[]) =>
  appends.map(({ state }) => state);

/** `count` words, of which the first `resolved` are "resolved". */
const resolvedUpTo = (resolved: number, count: number, rest = "pending") =>
  Array.from({ length: count }, (_, at) => at < resolved ? "resolved" : rest);

const spansOf = ({ commits }: PipelinedFrameLog) =>
  commits.map(({ firstLsn, lastLsn }) => [firstLsn, lastLsn]);

/** All orders of the numbers below `count`. */
function* ordersOf(count: number): Generator<number[]> {
  if (count === 0) yield [];
  for (const order of count === 0 ? [] : ordersOf(count - 1)) {
    for (let at = 0; at < count; at++) {
      yield [...order.slice(0, at), count - 1, ...order.slice(at)];
    }
  }
}

test("Writer has as many commits in progress as the pipeline is deep, and no more", async () => {
  for (let depth = 1; depth <= 4; depth++) {
    for (let count = 1; count <= 6; count++) {
      const { wal, log, clock } = await openPipelined(depth);
      const appends = await appendOneByOne(wal, clock, count);
      const atOnce = Math.min(depth, count);
      const alone = Array.from({ length: atOnce }, (_, at) => [at + 1, at + 1]);
      assertEquals(spansOf(log), alone);
      // Those appended meanwhile share a frame.
      if (count > depth) {
        log.step();
        await clock.turn();
        assertEquals(spansOf(log), [...alone, [depth + 1, count]]);
      }
      while (log.inFlight.length > 0) {
        log.step();
        await clock.turn();
      }
      assertEquals(
        appends.map(({ value }) => value),
        log.texts().map((_, at) => at + 1),
      );
      assertEquals(log.mostInFlight, atOnce);
      await clock.settle(wal.close());
      assertEquals(log.stray, []);
    }
  }
});

test("Writer acknowledges in LSN order, in whichever order commits end", async () => {
  for (let count = 1; count <= 4; count++) {
    for (const order of ordersOf(count)) {
      const { wal, log, clock } = await openPipelined(count);
      const acked: number[] = [];
      const appends = await appendOneByOne(wal, clock, count);
      for (let lsn = 1; lsn <= count; lsn++) {
        wal.settled(lsn).then(() => acked.push(lsn));
      }
      const ended = new Set<number>();
      for (const index of order) {
        log.commits[index].resolve();
        ended.add(index);
        let whole = 0;
        while (ended.has(whole)) whole++;
        await clock.turn();
        assertEquals(
          statesOf(appends),
          resolvedUpTo(whole, appends.length),
        );
        assertEquals([wal.writtenLsn, wal.durableLsn], [whole, whole]);
        // One that has ended out of order keeps its place until it lands.
        appends.push(track(wal.append("one more")));
        await clock.turn();
        assertLessOrEqual(log.commits.length, whole + count);
        assertEquals(wal.stats().queue.records, appends.length - whole);
      }
      const lsns = Array.from({ length: count }, (_, at) => at + 1);
      assertEquals(acked, lsns);
      const closed = track(wal.close());
      for (let turn = 0; closed.state === "pending" && turn < 50; turn++) {
        log.step();
        await clock.turn();
      }
      assertEquals(statesOf(appends), resolvedUpTo(2 * count, 2 * count));
    }
  }
});

test("Writer acknowledges nothing after a commit that was rejected", async () => {
  for (let depth = 1; depth <= 4; depth++) {
    for (let count = 1; count <= 5; count++) {
      for (let bad = 0; bad < Math.min(depth, count); bad++) {
        for (const late of ["resolve", "reject", "hang"] as const) {
          const { wal, log, clock } = await openPipelined(depth);
          const appends = await appendOneByOne(wal, clock, count);
          const started = log.commits.length;
          for (let index = 0; index < bad; index++) {
            log.commits[index].resolve();
          }
          log.commits[bad].reject(gone);
          await clock.turn();
          // It begins no more, and those that still run save no record.
          for (const commit of [...log.inFlight]) {
            if (late === "resolve") commit.resolve();
            if (late === "reject") commit.reject(new Error("too late"));
          }
          await clock.quiet();
          assertEquals(statesOf(appends), resolvedUpTo(bad, count, "rejected"));
          for (const { error } of appends.slice(bad)) {
            assertInstanceOf(error, LogFailedError);
            assertStrictEquals(error.cause, gone);
            assertEquals(error.durableLsn, bad);
          }
          assertLessOrEqual(log.commits.length, started + bad);
          assertEquals([wal.durableLsn, wal.health.status], [bad, "failed"]);
          const after = track(wal.append("after it"));
          await clock.settle(wal.close());
          assertEquals(after.state, "rejected");
          assertEquals(log.calls.at(-1), "close unclean");
          assertEquals(wal.stats().busyMs, 0);
        }
      }
    }
  }
});

test("Writer fails a log whose commit throws or is rejected ahead of an earlier one", async () => {
  const { wal, log, clock } = await openPipelined(3);
  const appends = await appendOneByOne(wal, clock, 3);
  log.commits[2].reject(gone);
  log.commits[0].resolve();
  await clock.quiet();
  assertEquals(statesOf(appends), ["rejected", "rejected", "rejected"]);
  assertEquals([wal.durableLsn, log.commits.length], [0, 3]);
  await clock.settle(wal.close());

  const second = await openPipelined(2);
  second.log.pipeline.commit = () => {
    throw gone;
  };
  const append = track(second.wal.append("x"));
  await second.clock.quiet();
  assertStrictEquals((append.error as LogFailedError).cause, gone);
});

/** What waits for everything that was appended before. */
const waits: Readonly<Record<string, (wal: Wal) => Promise<unknown>>> = {
  flush: (wal) => wal.flush(),
  close: (wal) => wal.close(),
  truncateAfter: (wal) => wal.truncateAfter(1),
  configure: (wal) => wal.configure({ policy: new AgePolicy({ ms: 9 }) }),
  settled: (wal) => wal.settled(wal.lastLsn, "disk"),
};

test("flush(), close(), truncateAfter() and configure() wait for all commits in progress", async () => {
  for (const [name, wait] of Object.entries(waits)) {
    for (let depth = 1; depth <= 4; depth++) {
      for (let count = 1; count <= 5; count++) {
        for (let before = 0; before <= Math.min(depth, count); before++) {
          const { wal, log, clock } = await openPipelined(depth);
          const appends = await appendOneByOne(wal, clock, count);
          for (let nth = 0; nth < before; nth++) {
            log.step();
            await clock.turn();
          }
          const waiting = track(wait(wal));
          await clock.turn();
          while (log.inFlight.length > 0) {
            assertEquals(waiting.state, "pending", name);
            const told = log.calls.filter((call) => !call.startsWith("commit"));
            assertEquals(told, []);
            log.step();
            await clock.quiet();
          }
          assertEquals(
            [waiting.state, waiting.error],
            ["resolved", undefined],
            name,
          );
          assertEquals(statesOf(appends), resolvedUpTo(count, count));
          assertEquals(log.stray, []);
          await clock.settle(wal.close());
        }
      }
    }
  }
});

test("append() after truncateAfter() waits until the log is cut, and gets its place", async () => {
  const { wal, log, clock } = await openPipelined(3);
  await appendOneByOne(wal, clock, 3);
  const cut = track(wal.truncateAfter(1));
  const after = track(wal.append("after the cut"));
  await clock.quiet();
  assertEquals([cut.state, log.inFlight.length], ["pending", 3]);
  for (let commit = 0; commit < 3; commit++) {
    log.step();
    await clock.quiet();
  }
  assertEquals([cut.state, after.state], ["resolved", "pending"]);
  log.step();
  await clock.quiet();
  assertEquals(after.value, 2);
  assertEquals(log.texts(), ["record 1", "after the cut"]);
  await clock.settle(wal.close());
});

test("Writer lets the batch fill while the pipeline is full, at every way to append", async () => {
  const { wal, log, clock } = await openPipelined(2);
  const appends = await appendOneByOne(wal, clock, 2);
  const batch = track(wal.appendBatch(["a", "b"]));
  await clock.turn();
  const queued = wal.enqueue("c");
  await clock.turn();
  const receipt = track(wal.append("d", { receipt: true }));
  await clock.turn();
  const last = track(wal.append("e", { ack: "memory" }));
  await clock.turn();
  assertEquals([queued, last.value, wal.stats().queue.records], [5, 7, 7]);
  log.step();
  await clock.turn();
  assertEquals(spansOf(log), [[1, 1], [2, 2], [3, 7]]);
  log.commits[2].resolve();
  await clock.turn();
  assertEquals(statesOf([...appends, batch, receipt]), resolvedUpTo(1, 4));
  log.step();
  await clock.quiet();
  assertEquals(statesOf([...appends, batch, receipt]), resolvedUpTo(4, 4));
  assertEquals(batch.value, { first: 3, last: 4 });
  assert(receipt.value !== undefined && "records" in receipt.value);
  assertEquals([receipt.value.lsn, receipt.value.records], [6, 5]);
  await clock.settle(wal.close());
});

test("Writer commits at each age, up to the depth, while commits are slow", async () => {
  const { wal, log, clock } = await openPipelined(4, {
    policy: new AgePolicy({ ms: 100 }),
  });
  const inFlight: number[] = [];
  for (let ms = 0; ms < 900; ms += 10) {
    track(wal.append(`at ${ms}`));
    await clock.advance(10);
    inFlight[ms / 10] = log.inFlight.length;
    // Each commit takes 350 ms.
    const [oldest] = log.inFlight;
    const began = oldest && Number(10 * (oldest.firstLsn - 1) + 100);
    if (ms + 10 - began >= 350) log.step();
  }
  const firsts = log.commits.map(({ firstLsn }) => 10 * (firstLsn - 1));
  assertEquals(firsts.slice(0, 5), [0, 100, 200, 300, 400]);
  assertEquals(log.mostInFlight, 4);
  for (let turn = 0; turn < 20; turn++) {
    log.step();
    await clock.advance(100);
  }
  await clock.settle(wal.close());
  assertEquals(log.stray, []);
});

test("Writer calls a log idle only if no commit is in progress", async () => {
  const policy = new ObservingPolicy(new CountPolicy({ records: 3 }));
  const { wal, log, clock } = await openPipelined(4, { policy });
  await appendOneByOne(wal, clock, 9);
  assertEquals(spansOf(log), [[1, 1], [2, 4], [5, 7]]);
  while (log.inFlight.length > 0) {
    log.step();
    await clock.turn();
  }
  const reasons = policy.flushes.map(({ reason }) => reason);
  assertEquals(reasons, ["idle", "limit", "limit", "idle"]);
  await clock.settle(wal.close());
});

test("enqueue() and append() keep their bounds while commits hang", async () => {
  const { wal, log, clock } = await openPipelined(4, {
    ...{ maxQueuedRecords: 100, maxWaitingRecords: 50 },
  });
  const appends = await appendOneByOne(wal, clock, 300);
  assertEquals(log.mostInFlight, 4);
  const { queue } = wal.stats();
  assertEquals([queue.records, queue.waitingRecords], [100, 50]);
  const full = appends.slice(150);
  assert(full.every(({ error }) => error instanceof QueueFullError));
  while (log.inFlight.length > 0) {
    log.step();
    await clock.turn();
  }
  assertEquals(
    appends.slice(0, 150).map(({ value }) => value),
    log.texts().map((_, at) => at + 1),
  );
  await clock.settle(wal.close());
});

test("200,000 appends that nobody awaits stay within the bounds of a log that hangs", async () => {
  const { wal, log, clock } = await openPipelined(4);
  const { maxQueuedRecords, maxWaitingRecords } = wal.settings;
  let refused = 0;
  const refuse = (error: unknown) => {
    if (error instanceof QueueFullError) refused++;
  };
  for (let nth = 0; nth < 200_000; nth++) {
    wal.append("x").catch(refuse);
    if (nth % 20_000 === 0) await clock.turn();
  }
  await clock.turn();
  const { queue } = wal.stats();
  assertEquals(queue.records, maxQueuedRecords);
  assertEquals(queue.waitingRecords, maxWaitingRecords);
  assertEquals(refused, 200_000 - maxQueuedRecords - maxWaitingRecords);
  assertLessOrEqual(log.commits.length, 4);
  log.inFlight[0].reject(gone);
  await clock.quiet();
  assertEquals(wal.health.status, "failed");
});

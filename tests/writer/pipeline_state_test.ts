import { LeaderCommitPolicy } from "../../policies/leader_commit_policy.ts";
import type { BlockingCalls } from "../../storage/frame_log.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { Wal } from "../../wal.ts";
import { AppendAbortedError } from "../../writer/abort.ts";
import { BatchQueue } from "../../writer/batch.ts";
import { FlushInProgressError } from "../../writer/flush_in_progress_error.ts";
import { LiveTail } from "../../writer/live_tail.ts";
import { anotherTurn } from "../kit/another_turn.ts";
import { assertEquals, assertInstanceOf, assertThrows } from "../kit/assert.ts";
import { ObservingPolicy } from "../kit/observing_policy.ts";
import {
  openPipelined,
  PipelinedFrameLog,
} from "../kit/pipelined_frame_log.ts";
import { test } from "../kit/register.ts";
import { track } from "../kit/track.ts";

/** Three commits in progress, which began at 0, 10 and 20 ms. */
async function threeInFlight(
  options: Parameters<typeof openPipelined>[1] = {},
  depth = 4,
) {
  const opened = await openPipelined(depth, options);
  const { wal, clock } = opened;
  const appends = [];
  for (const text of ["one", "two", "three"]) {
    appends.push(track(wal.append(text)));
    await clock.advance(10);
  }
  return { ...opened, appends };
}

test("Wal reports overlapping flushes in order, each with its own instants", async () => {
  const policy = new ObservingPolicy(new LeaderCommitPolicy());
  const { wal, log, clock } = await threeInFlight({ policy });
  const synced: number[] = [];
  wal.on("sync", ({ durableLsn }) => synced.push(durableLsn));
  await clock.advance(70);
  log.commits[2].resolve();
  await clock.advance(10);
  log.commits[0].resolve();
  await clock.advance(10);
  log.commits[1].resolve();
  await clock.advance(10);
  assertEquals(
    policy.flushes.map(({ lastLsn, startedAt, writtenAt, endedAt }) => [
      lastLsn,
      startedAt,
      writtenAt,
      endedAt,
    ]),
    [[1, 0, 110, 110], [2, 10, 120, 120], [3, 20, 100, 120]],
  );
  assertEquals(synced, [1, 2, 3]);
  const { flushes, latency } = wal.stats();
  assertEquals([flushes.count, latency.writeMs.count], [3, 3]);
  assertEquals([latency.ackMs.max, latency.syncMs.count], [110, 3]);
  await clock.settle(wal.close());
});

test("Wal.stats() counts what is in flight as queued, and the oldest commit as busy", async () => {
  const { wal, log, clock } = await threeInFlight();
  for (const left of [3, 2, 1, 0]) {
    const { busyMs, queue, atRisk } = wal.stats();
    const since = 10 * (3 - left);
    const age = left === 0 ? 0 : clock.now() - since;
    assertEquals([busyMs, queue.oldestMs], [age, age]);
    assertEquals([queue.records, atRisk.records], [left, left]);
    log.step();
    await clock.advance(5);
  }
  await clock.settle(wal.close());
});

test("Wal stays stalled while any commit in progress is too old", async () => {
  const clock = new VirtualClock();
  const log = new PipelinedFrameLog(4);
  const alerts = { stallMs: 1000, flushMs: 60_000 };
  const wal = await clock.run(Wal.open(log, { clock, alerts }));
  const told: string[] = [];
  wal.on("alert", ({ name, state }) => told.push(`${state} ${name}`));
  wal.on("health", ({ status }) => told.push(status));
  for (let nth = 0; nth < 3; nth++) {
    track(wal.append("x"));
    await clock.advance(10);
  }
  await clock.advance(3000);
  const raised = ["raised stallMs", "raised unhealthy", "degraded"];
  assertEquals(told, raised);
  for (let nth = 0; nth < 2; nth++) {
    log.step();
    await clock.advance(600);
  }
  assertEquals(told, raised);
  log.step();
  await clock.advance(3000);
  assertEquals(told.slice(3), ["healthy"]);
  await clock.run(wal.close());
});

/** What a follower has read so far, and when it was written. */
function follow(wal: Wal, level: "memory" | "disk") {
  const lsns: number[] = [];
  const times: (number | undefined)[] = [];
  const read = async () => {
    for await (const batch of wal.followBatches({ level })) {
      for (let at = 0; at < batch.records.length; at++) {
        lsns.push(batch.firstLsn + at);
        times.push(batch.time);
      }
    }
  };
  return { lsns, times, end: track(read()) };
}

test("LiveTail shows every batch that is being flushed, and those that wait", () => {
  for (let taken = 0; taken <= 4; taken++) {
    const queue = new BatchQueue(1, { records: 2 });
    const tail = new LiveTail(queue);
    tail.watch(() => {}, "memory");
    for (let lsn = 1; lsn <= 9; lsn++) queue.add(Uint8Array.of(lsn), 5, true);
    for (let batch = 0; batch < taken; batch++) queue.take();
    for (let from = 1; from <= 9; from++) {
      const shown = tail.take(from, 9)!;
      const records = Array.from(shown.records, ([byte]) => byte);
      const model = from % 2 === 1 && from < 9 ? [from, from + 1] : [from];
      assertEquals([shown.firstLsn, records], [from, model]);
    }
    assertEquals(tail.take(0, 9), undefined);
  }
});

test("follow() at memory shows each record in flight, and at disk only what has landed", async () => {
  const { wal, log, clock } = await openPipelined(3);
  const early = follow(wal, "memory");
  const late = follow(wal, "disk");
  track(wal.append("one"));
  await clock.turn();
  log.step();
  // They are loaded on demand, and wait at the end from then on.
  while (early.lsns.length + late.lsns.length < 2) await anotherTurn();
  for (let turn = 0; turn < 4; turn++) {
    track(wal.append("another"));
    await clock.turn();
  }
  assertEquals(early.lsns, [1, 2, 3, 4, 5]);
  assertEquals(late.lsns, [1]);
  // They end in one turn, so the time of the log is already that of the last.
  for (const commit of [...log.inFlight]) commit.resolve();
  await clock.quiet();
  assertEquals(late.lsns, [1, 2, 3, 4]);
  log.step();
  await clock.quiet();
  assertEquals(late.times.slice(1), [1002, 1003, 1004, 1005]);
  await clock.settle(wal.close());
  assertEquals([early.end.state, late.end.state], ["resolved", "resolved"]);
});

test("append() that is aborted in flight rejects, and nothing else changes", async () => {
  const { wal, log, clock } = await openPipelined(4);
  const aborts = [0, 1, 2].map(() => new AbortController());
  const appends = [];
  for (const { signal } of aborts) {
    appends.push(track(wal.append("x", { signal })));
    await clock.turn();
  }
  const settled = track(wal.settled(2));
  aborts[1].abort();
  await clock.turn();
  assertEquals(
    appends.map(({ state }) => state),
    ["pending", "rejected", "pending"],
  );
  assertInstanceOf(appends[1].error, AppendAbortedError);
  for (const _ of aborts) log.step();
  await clock.turn();
  assertEquals([appends[0].value, appends[2].value], [1, 3]);
  assertEquals(settled.state, "resolved");
  await clock.settle(wal.close());
});

test("setMeta() goes to the log while commits are in progress, and append() with meta in its frame", async () => {
  const { wal, log, clock } = await threeInFlight();
  const set = track(wal.setMeta("alone"));
  const together = track(wal.append("four", { meta: "together" }));
  await clock.quiet();
  assertEquals([set.state, together.state], ["resolved", "pending"]);
  assertEquals(log.meta?.version, 1);
  assertEquals(log.commits[3].meta?.version, 2);
  await clock.turn();
  for (let commit = 0; commit < 4; commit++) log.step();
  await clock.settle(wal.close());
  assertEquals(together.value, 4);
});

test("flushSync() refuses while a commit is in progress, and without calls that block", async () => {
  for (let depth = 1; depth <= 4; depth++) {
    for (let left = 4; left >= 0; left--) {
      const { wal, log, clock } = await threeInFlight({}, depth);
      assertThrows(() => wal.flushSync(), TypeError, "does not block");
      const done: string[] = [];
      const blocking: BlockingCalls = {
        refusal: () => undefined,
        append: ({ firstLsn }) => void done.push(`append ${firstLsn}`),
        sync: () => void done.push("sync"),
        checkOwner: () => {},
        release: () => {},
      };
      Object.assign(log, { blocking });
      for (let step = 4; step > left; step--) {
        log.step();
        await clock.turn();
      }
      if (log.inFlight.length > 0) {
        assertThrows(() => wal.flushSync(), FlushInProgressError);
        assertEquals(done, []);
      } else {
        wal.enqueue("four");
        assertEquals(wal.flushSync(), 4);
        assertEquals(done, ["append 4", "sync"]);
      }
      const closed = track(wal.close());
      for (let turn = 0; closed.state === "pending" && turn < 9; turn++) {
        log.step();
        await clock.turn();
      }
      assertEquals([closed.state, closed.error], ["resolved", undefined]);
    }
  }
});

test("flushSync() within a listener refuses, whatever is in progress", async () => {
  const { wal, log, clock } = await threeInFlight();
  Object.assign(log, { blocking: {} });
  const errors: unknown[] = [];
  wal.on("flush", () => {
    try {
      wal.flushSync();
    } catch (error) {
      errors.push(error);
    }
  });
  for (let commit = 0; commit < 3; commit++) log.step();
  await clock.quiet();
  assertEquals(errors.length, 3);
  for (const error of errors) assertInstanceOf(error, FlushInProgressError);
  await clock.settle(wal.close());
});

test("a listener that appends while flushes land loses nothing", async () => {
  const { wal, log, clock, appends } = await threeInFlight();
  let left = 5;
  wal.on("flush", () => {
    if (left-- > 0) appends.push(track(wal.append("more")));
  });
  for (let turn = 0; turn < 30; turn++) {
    log.step();
    await clock.turn();
  }
  assertEquals(appends.map(({ value }) => value), [1, 2, 3, 4, 5, 6, 7, 8]);
  await clock.settle(wal.close());
});

test("records that were not synced when a pipelined log was opened are synced first", async () => {
  const clock = new VirtualClock();
  const log = new PipelinedFrameLog(3, 5);
  log.syncedLsn = 2;
  const wal = await Wal.open(log, { clock });
  const flushed = track(wal.flush());
  await clock.quiet();
  assertEquals([log.stray, flushed.state], [
    ["sync", "checkOwner"],
    "resolved",
  ]);
  await clock.settle(wal.close());
});

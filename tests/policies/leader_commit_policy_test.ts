import { LeaderCommitPolicy } from "../../policies/leader_commit_policy.ts";
import { assertEquals, assertThrows } from "../kit/assert.ts";
import { ObservingPolicy } from "../kit/observing_policy.ts";
import { openWal } from "../kit/open_wal.ts";
import { test } from "../kit/register.ts";
import { track } from "../kit/track.ts";

test("LeaderCommitPolicy flushes a turn's records at once", async () => {
  const policy = new ObservingPolicy(new LeaderCommitPolicy());
  const { wal, clock, close } = await openWal({ policy });
  const appends = ["a", "b", "c"].map((record) => wal.append(record));
  await clock.settle(Promise.all(appends));
  assertEquals([policy.sizes, clock.now()], [[3], 0]);
  await close();
});

test("LeaderCommitPolicy lets a group form during a sync", async () => {
  const policy = new ObservingPolicy(new LeaderCommitPolicy());
  const { wal, log, clock, close } = await openWal(
    { policy },
    { answer: "held" },
  );
  track(wal.append("leader"));
  await clock.quiet();
  for (let turn = 0; turn < 5; turn++) {
    track(wal.append(`follower ${turn}`));
    await clock.quiet();
  }
  assertEquals(log.calls, ["append 1-1"]);
  const closing = track(wal.close());
  for (let step = 0; closing.state === "pending" && step < 20; step++) {
    log.step();
    await clock.turn();
  }
  assertEquals(policy.sizes, [1, 5]);
  await close();
});

test("LeaderCommitPolicy never lets a lone writer wait", async () => {
  const { wal, clock, close } = await openWal({
    policy: new LeaderCommitPolicy({ windowMs: 2 }),
  });
  for (let record = 0; record < 5; record++) {
    await clock.settle(wal.append("alone"));
  }
  assertEquals(clock.now(), 0);
  await close();
});

test("LeaderCommitPolicy waits for siblings when it sees them", async () => {
  const policy = new LeaderCommitPolicy({ windowMs: 2 });
  const { wal, log, clock, close } = await openWal({ policy });
  const siblings = track(Promise.all([wal.append("a"), wal.append("b")]));
  await clock.advance(1.5);
  assertEquals([siblings.state, log.calls], ["pending", []]);
  await clock.advance(0.5);
  assertEquals(siblings.state, "resolved");
  const next = track(wal.append("alone, but had siblings"));
  await clock.advance(1.5);
  assertEquals(next.state, "pending");
  await close();
});

test("LeaderCommitPolicy does not wait for fewer siblings than minSiblings", () => {
  const policy = new LeaderCommitPolicy({ windowMs: 2, minSiblings: 3 });
  const dueOf = (records: number) =>
    policy.due({ records, bytes: 9, oldestAt: 5, newestAt: 5 });
  assertEquals([1, 2, 3, 4, 9].map(dueOf), [5, 5, 5, 7, 7]);
  const flush = { reason: "due", bytes: 9, firstLsn: 1, lastLsn: 9 } as const;
  const times = { oldestAt: 0, startedAt: 0, writtenAt: 0, endedAt: 1 };
  policy.observe({ ...flush, ...times, records: 3 });
  assertEquals(dueOf(1), 5);
  policy.observe({ ...flush, ...times, records: 4 });
  assertEquals(dueOf(1), 7);
});

test("LeaderCommitPolicy cuts a burst at maxRecords", async () => {
  const policy = new ObservingPolicy(new LeaderCommitPolicy({ maxRecords: 3 }));
  const { wal, clock, close } = await openWal({ policy });
  const appends = Array.from({ length: 8 }, () => wal.append("x"));
  await clock.settle(Promise.all(appends));
  assertEquals(policy.sizes, [3, 3, 2]);
  await close();
});

test("LeaderCommitPolicy() is unlimited and has no window by default", () => {
  const policy = new LeaderCommitPolicy();
  const batch = { records: 9, bytes: 90, oldestAt: 5, newestAt: 6 };
  assertEquals(policy.limits, {});
  assertEquals(policy.due(batch), 5);
});

test("LeaderCommitPolicy() refuses options out of bounds", () => {
  const message = (options: unknown) =>
    assertThrows(() => new LeaderCommitPolicy(options as { windowMs: 1 }))
      .message;
  assertEquals(
    message({ windowMs: -1 }),
    "Cannot create a LeaderCommitPolicy because windowMs must be a finite number " +
      "of at least 0: received -1",
  );
  assertEquals(
    message({ maxRecords: 0 }),
    "Cannot create a LeaderCommitPolicy because maxRecords must be an integer of " +
      "at least 1: received 0",
  );
  assertEquals(
    message({ minSiblings: 1.5 }),
    "Cannot create a LeaderCommitPolicy because minSiblings must be an integer of " +
      "at least 1: received 1.5",
  );
  assertEquals(
    message(null),
    "Cannot create a LeaderCommitPolicy because its options must be an object: " +
      "received null",
  );
});

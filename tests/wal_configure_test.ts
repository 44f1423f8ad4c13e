import { CountPolicy } from "../policies/count_policy.ts";
import { AgePolicy } from "../policies/age_policy.ts";
import { LeaderCommitPolicy } from "../policies/leader_commit_policy.ts";
import { MemoryStorage } from "../storage/memory/memory_storage.ts";
import { Wal } from "../wal.ts";
import type { WalSettings } from "../wal_options.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "./kit/assert.ts";
import { openWal } from "./kit/open_wal.ts";
import { test } from "./kit/register.ts";

/** A policy that never asks for a flush. */
const never = () => new CountPolicy({ records: 1000, whenIdle: "wait" });

test("configure() flushes what was appended before under the old policy", async () => {
  const { wal, log, clock, close } = await openWal({
    policy: new AgePolicy({ ms: 5 }),
  });
  const acked = wal.append("before");
  const configured = wal.configure({ policy: never() });
  const after = wal.append("after");
  assertEquals(await clock.settle(acked), 1);
  await clock.settle(configured);
  assertEquals(clock.now(), 0);
  await clock.advance(10_000);
  // It came in the same turn, so that it could share the frame.
  assertEquals(await after, 2);
  const waiting = wal.append("waits");
  await clock.advance(10_000);
  assertEquals(log.lastLsn, 2);
  await close();
  assertEquals(await waiting, 3);
});

test("configure() syncs what was promised a sync before", async () => {
  const { wal, log, clock, close } = await openWal({
    synchronous: "normal",
    syncIntervalMs: 50,
  });
  await clock.settle(wal.append("written"));
  assertEquals(log.syncedLsn, 0);
  const configured = wal.configure({ synchronous: "off" });
  await clock.settle(configured);
  assertEquals(log.syncedLsn, 1);
  assertEquals(clock.now(), 0);
  await clock.settle(wal.append("left to flush()"));
  await clock.advance(100_000);
  assertEquals(log.syncedLsn, 1);
  assertEquals(clock.timers, 0);
  await close();
});

test("configure() shortens the time until the next sync at once", async () => {
  const { wal, log, clock, close } = await openWal({
    synchronous: "normal",
    syncIntervalMs: 5000,
  });
  await clock.settle(wal.append("one"));
  await clock.settle(wal.configure({ syncIntervalMs: 10 }));
  await clock.settle(wal.append("two"));
  await clock.advance(10);
  assertEquals(log.syncedLsn, 2);
  await close();
});

test("configure() with another level changes what appends wait for", async () => {
  const { wal, log, clock, close } = await openWal();
  await clock.settle(wal.configure({ synchronous: "normal" }));
  await clock.settle(wal.append("os"));
  assertEquals(log.syncedLsn, 0);
  await clock.settle(wal.configure({ synchronous: "full" }));
  await clock.settle(wal.append("disk"));
  assertEquals(log.syncedLsn, 2);
  await close();
});

test("configure() lets in those that wait when there is more room", async () => {
  const { wal, log, clock, close } = await openWal(
    { maxQueuedRecords: 1, policy: never() },
    { answer: "held" },
  );
  const appends = ["a", "b", "c"].map((record) => wal.append(record));
  await clock.turn(); // The first is being flushed, two wait for room.
  assertEquals(wal.stats().queue.waitingRecords, 2);
  assertEquals(wal.stats().queue.waiters, 3);
  await wal.configure({ maxQueuedRecords: 10 });
  assertEquals(wal.stats().queue.waitingRecords, 0);
  assertEquals(wal.lastLsn, 3);
  const closing = close();
  for (let turn = 0; turn < 30; turn++) {
    log.step();
    await clock.turn();
  }
  assertEquals(await Promise.all(appends), [1, 2, 3]);
  await closing;
});

test("configure() takes nothing out of the queue when there is less room", async () => {
  const { wal, clock, close } = await openWal({ policy: never() });
  const appends = ["a", "b", "c"].map((record) => wal.append(record));
  await wal.configure({ maxQueuedRecords: 1 });
  const late = wal.append("d");
  assertEquals(wal.stats().queue.waitingRecords, 1);
  assertEquals(await clock.settle(Promise.all(appends)), [1, 2, 3]);
  await close();
  assertEquals(await late, 4);
});

test("settings are those of the opening, then those that were changed", async () => {
  const policy = never();
  const { wal, log, clock, close } = await openWal({ policy });
  // Cursors are files.
  Object.assign(log, { files: new MemoryStorage() });
  const before = wal.settings;
  assertStrictEquals(before.policy, policy);
  assertEquals(before.synchronous, "full");
  assertEquals(before.syncIntervalMs, 1000);
  assertEquals(before.maxQueuedRecords, 10_000);
  assertEquals(before.maxWaitingRecords, 100_000);
  assertEquals(before.cursors, null);
  assert(Object.isFrozen(before));
  const cursors = { hold: "all", limitBytes: 9 } as const;
  const warn = () => {};
  await clock.settle(wal.configure({ cursors, warn, maxWaitingBytes: 7 }));
  assertEquals(wal.settings.cursors, cursors);
  assertStrictEquals(wal.settings.warn, warn);
  assertEquals(wal.settings.maxWaitingBytes, 7);
  assertStrictEquals(wal.settings.policy, policy);
  await clock.settle(wal.configure({ cursors: null, synchronous: "off" }));
  assertEquals(wal.settings.cursors, null);
  assertEquals(wal.settings.syncIntervalMs, Infinity);
  await clock.settle(wal.configure({ synchronous: "normal" }));
  assertEquals(wal.settings.syncIntervalMs, 1000);
  assertEquals(before.maxWaitingBytes, 64 * 1024 * 1024);
  await close();
});

test("settings of a log that was opened without options are the defaults", async () => {
  const wal = await Wal.open(new MemoryStorage());
  const { policy, warn: _, ...others } = wal.settings;
  assert(policy instanceof LeaderCommitPolicy);
  assertEquals(policy.limits, {});
  assertEquals(others, {
    ...{ synchronous: "full", syncIntervalMs: 1000, flushing: "inline" },
    ...{ maxQueuedRecords: 10_000, maxQueuedBytes: 64 * 1024 * 1024 },
    ...{ maxWaitingRecords: 100_000, maxWaitingBytes: 64 * 1024 * 1024 },
    ...{ alerts: null, cursors: null, retention: null, archive: null },
    autoCheckpoint: null,
  });
  await wal.close();
});

test("configure() refuses bad settings, and changes nothing then", async () => {
  const { wal, clock, close } = await openWal();
  const before = wal.settings;
  const bad: [WalSettings, new () => Error][] = [
    [{ maxQueuedBytes: 0 }, RangeError],
    [{ maxQueuedRecords: 1.5 }, RangeError],
    [{ synchronous: "half" as never }, TypeError],
    [{ synchronous: "off", syncIntervalMs: 5 }, TypeError],
    [{ syncIntervalMs: -1 }, RangeError],
    [{ policy: {} as never }, TypeError],
    [{ cursors: { hold: "some" as never, limitBytes: 1 } }, TypeError],
    [{ segmentBytes: 5000 } as never, TypeError],
    [null as never, TypeError],
  ];
  for (const [changes, kind] of bad) {
    const error = await assertRejects(() => wal.configure(changes), kind);
    assert(error.message.startsWith("Cannot configure a log"), error.message);
  }
  assertEquals(wal.settings, before);
  await clock.settle(wal.configure({}));
  await close();
  await assertRejects(() => wal.configure({}));
});

test("configure() asks for cursors only where there are files", async () => {
  const { wal, close } = await openWal();
  await close();
  const filed = await Wal.open(new MemoryStorage());
  await filed.configure({ cursors: { hold: ["later"], limitBytes: 1e6 } });
  await filed.append("held");
  await filed.append("back");
  assertEquals(await filed.truncateBefore(2), 1);
  await filed.configure({ cursors: null });
  assertEquals(await filed.truncateBefore(2), 2);
  await filed.close();
  await assertRejects(() => wal.configure({}));
});

test("configure() rejects when what came before cannot be written", async () => {
  const { wal, clock, close } = await openWal({ policy: never() }, {
    fail: { operation: "append", nth: 1, error: new Error("EIO") },
  });
  const lost = wal.append("lost").catch((error) => error);
  const configured = wal.configure({ policy: never() }).catch((error) => error);
  const error = await clock.settle(configured) as Error;
  assertEquals(error.name, "LogFailedError");
  assertStrictEquals(await lost, error);
  assertEquals(wal.health.status, "failed");
  const { settings } = wal;
  await assertRejects(() => wal.configure({ maxQueuedRecords: 7 }));
  assertEquals(wal.settings, settings);
  await close();
});

test("configure() ends a trace, which says the old settings", async () => {
  let trace = "";
  const { wal, clock, close } = await openWal({
    trace: { write: (lines) => void (trace += lines) },
  });
  await clock.settle(wal.append("noted"));
  await clock.settle(wal.configure({ maxQueuedRecords: 5 }));
  await clock.settle(wal.append("not noted"));
  await close();
  const lines = trace.trimEnd().split("\n");
  assertEquals(lines.at(-1), '{"end":"changed"}');
  assertEquals(lines.filter((line) => line.includes('"flush"')).length, 1);
});

import { LeaderCommitPolicy } from "../../policies/leader_commit_policy.ts";
import { FencedError, type FrameLog } from "../../storage/frame_log.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { StorageFullError } from "../../storage/storage_error.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { Wal } from "../../wal.ts";
import { LogClosedError } from "../../writer/log_closed_error.ts";
import { LogFailedError } from "../../writer/log_failed_error.ts";
import { Writer } from "../../writer/writer.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "../kit/assert.ts";
import {
  FakeFrameLog,
  type FakeFrameLogOptions,
  type Operation,
} from "../kit/fake_frame_log.ts";
import { openWal } from "../kit/open_wal.ts";
import { test } from "../kit/register.ts";
import { track } from "../kit/track.ts";

const disk = new Error("the device is gone");

/** All ways to fail: each operation, at each of its first calls, each form. */
function* failures(): Generator<FakeFrameLogOptions> {
  for (const operation of ["append", "sync", "checkOwner"] as Operation[]) {
    for (const nth of [1, 2, 3]) {
      for (const answer of ["once", "promise", "held"] as const) {
        yield { answer, fail: { operation, nth, error: disk } };
      }
    }
  }
}

/** Five appends in different turns, to a log that fails at some point. */
async function failing(fake: FakeFrameLogOptions) {
  const opened = await openWal({ maxQueuedRecords: 2 }, fake);
  const { wal, log, clock } = opened;
  const appends = [];
  for (const text of ["a", "b", "c", "d", "e"]) {
    appends.push(track(wal.append(text)));
    for (let turn = 0; turn < 5; turn++) {
      await clock.turn();
      log.step();
    }
  }
  for (let turn = 0; turn < 9; turn++) {
    await clock.turn();
    log.step();
  }
  return { ...opened, appends };
}

test("append() rejects from the failed flush on, not before", async () => {
  for (const fake of failures()) {
    const { appends, log, close } = await failing(fake);
    const good = fake.fail!.nth - 1;
    assertEquals(
      appends.map(({ state }) => state),
      appends.map((_, index) => index < good ? "resolved" : "rejected"),
    );
    assert(log.syncedLsn >= good);
    await close();
  }
});

test("append() rejects with the cause and what is durable", async () => {
  for (const fake of failures()) {
    const { appends, close } = await failing(fake);
    const { error } = appends[4];
    assertInstanceOf(error, LogFailedError);
    assertStrictEquals(error.cause, disk);
    assertEquals(error.indeterminate, true);
    assertEquals(error.durableLsn, fake.fail!.nth - 1);
    await close();
  }
});

test("Wal only closes its frame log after a failure", async () => {
  for (const fake of failures()) {
    const { log, wal, clock, close } = await failing(fake);
    const { operation, nth } = fake.fail!;
    assertEquals(log.count(operation), nth);
    const calls = [...log.calls];
    track(wal.append("x"));
    track(wal.flush());
    await clock.advance(1e6);
    await close();
    assertEquals(log.calls, [...calls, "close unclean"]);
    assertEquals(clock.timers, 0);
  }
});

test("Wal refuses what would promise anything once failed", async () => {
  const { wal, close } = await failing({
    fail: { operation: "sync", nth: 2, error: disk },
  });
  await assertRejects(() => wal.append("x"), LogFailedError);
  await assertRejects(() => wal.append("x", { ack: "memory" }), LogFailedError);
  await assertRejects(() => wal.appendBatch(["x"]), LogFailedError);
  await assertRejects(() => wal.flush(), LogFailedError);
  await assertRejects(() => wal.settled(2), LogFailedError);
  await assertRejects(() => wal.truncateBefore(1), LogFailedError);
  assertThrows(() => wal.enqueue("x"), LogFailedError);
  await close();
  await assertRejects(() => wal.append("x"), LogClosedError);
});

test("settled() resolves for what was durable before failing", async () => {
  const { wal, close } = await failing({
    fail: { operation: "append", nth: 2, error: disk },
  });
  await wal.settled(1, "disk");
  await close();
});

test("append() rejects those who wait for room when a flush fails", async () => {
  const { wal, clock, close } = await openWal({ maxQueuedRecords: 1 }, {
    fail: { operation: "append", nth: 1, error: disk },
  });
  const appends = ["a", "b", "c"].map((text) => track(wal.append(text)));
  const flush = track(wal.flush());
  await clock.quiet();
  assertEquals(appends.map(({ state }) => state), Array(3).fill("rejected"));
  assertEquals(flush.state, "rejected");
  await close();
});

test("close() rejects and still closes when its flush fails", async () => {
  const fail = { operation: "sync", nth: 1, error: disk } as const;
  const { wal, log, close } = await openWal({}, { fail });
  wal.enqueue("x");
  const error = await assertRejects(close, LogFailedError);
  assertStrictEquals(error.cause, disk);
  assertEquals(log.calls.at(-1), "close unclean");
});

test("close() rejects after a failure that was not reported yet", async () => {
  const fail = { operation: "append", nth: 1, error: disk } as const;
  const { wal, log, clock, close } = await openWal({}, { fail });
  assertEquals(await wal.append("x", { ack: "memory" }), 1);
  await clock.advance(1);
  const error = await assertRejects(close, LogFailedError);
  assertEquals(error.durableLsn, 0);
  assertEquals(log.calls.at(-1), "close unclean");
});

test("close() resolves after a failure that was reported before", async () => {
  const fail = { operation: "append", nth: 1, error: disk } as const;
  const { wal, clock, close } = await openWal({}, { fail });
  await assertRejects(() => clock.settle(wal.append("x")), LogFailedError);
  await close();
});

test("close() called while the last flush fails does not hang", async () => {
  const fail = { operation: "sync", nth: 1, error: disk } as const;
  const { wal, log, clock } = await openWal({}, { answer: "held", fail });
  const append = track(wal.append("x"));
  await clock.quiet();
  const closing = track(wal.close());
  for (let call = 0; call < 3; call++) {
    log.step();
    await clock.quiet();
  }
  assertEquals([append.state, closing.state], ["rejected", "rejected"]);
});

test("append() keeps a cause that is not an error", async () => {
  const fail = { operation: "append", nth: 1, error: "EIO" } as const;
  const { wal, clock, close } = await openWal({}, { fail });
  const error = await assertRejects(
    () => clock.settle(wal.append("x")),
    LogFailedError,
    "has failed: EIO. Records after LSN 0 may or may not",
  );
  assertEquals(error.cause, "EIO");
  await close();
});

test("append() rejects when a timed sync of os acks fails", async () => {
  const fail = { operation: "sync", nth: 1, error: disk } as const;
  const options = { synchronous: "normal", syncIntervalMs: 5 } as const;
  const { wal, log, clock, close } = await openWal(options, { fail });
  await clock.settle(wal.append("x"));
  await clock.advance(5);
  await assertRejects(() => wal.append("y"), LogFailedError);
  await clock.advance(100);
  assertEquals(log.count("sync"), 1);
  await close();
});

test("append() rejects in an owner that was displaced", async () => {
  const storage = new MemoryStorage();
  const clock = new VirtualClock();
  const old = await Wal.open(storage, { clock });
  await clock.settle(old.append("a"));
  const next = await Wal.open(storage, { clock, takeOver: true });
  const error = await assertRejects(
    () => clock.settle(old.append("b")),
    LogFailedError,
  );
  assertInstanceOf(error.cause, FencedError);
  await clock.settle(old.close());
  await clock.settle(next.close());
});

test("append() answers a record that is flushed before its turn ends", async () => {
  const full = new StorageFullError("disk");
  for (const error of [undefined, full, disk]) {
    for (const together of [false, true]) {
      const log = new FakeFrameLog({
        fail: { operation: "append", nth: error ? 1 : 0, error },
      });
      const writer = writerOf(log);
      // As where callers are flushed in two groups.
      writer.mode.handOverLsn = 1;
      const record = { records: ["first"], sizes: [9], bytes: 9, count: 1 };
      const receipt = (lsn: number) => writer.receiptOf(lsn, 0);
      const answer = together
        ? track<unknown>(
          writer.appendTogether({ ...record, level: "disk" }, receipt),
        )
        : track<unknown>(writer.append("first", 9, "disk"));
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      assertEquals(answer.state, error ? "rejected" : "resolved");
      if (error !== undefined) assertEquals(log.frames.length, 0);
    }
  }
});

test("append() rejects if its frame cannot even be handed to a thread", async () => {
  const commit = (): boolean => {
    throw disk;
  };
  const thread = {
    ...{ isExclusive: true, handed: undefined, async stop() {}, settle() {} },
    ...{ after: () => undefined, commit },
  };
  const log = Object.assign(new FakeFrameLog(), {
    thread: undefined as FrameLog["thread"],
    // deno-lint-ignore require-await
    async startThread() {
      log.thread = thread;
    },
  });
  const clock = new VirtualClock();
  const writer = writerOf(log, clock);
  await writer.mode.set("thread");
  const appended = clock.settle(writer.append("first", 9, "disk"));
  assertInstanceOf(await assertRejects(() => appended), LogFailedError);
});

function writerOf(log: FakeFrameLog, clock = new VirtualClock()): Writer {
  return new Writer(log, {
    ...{ maxQueuedBytes: 1e6, maxQueuedRecords: 1e3 },
    ...{ maxWaitingBytes: 1e6, maxWaitingRecords: 1e3 },
    ...{ policy: new LeaderCommitPolicy(), clock, syncIntervalMs: Infinity },
  });
}

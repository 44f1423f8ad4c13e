import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { StorageFullError } from "../../storage/storage_error.ts";
import { Wal } from "../../wal.ts";
import { AppendAbortedError } from "../../writer/abort.ts";
import { QueueFullError } from "../../writer/append_queue.ts";
import { LogFailedError } from "../../writer/log_failed_error.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "../kit/assert.ts";
import { CountedSignal } from "../kit/counted_signal.ts";
import { openWal } from "../kit/open_wal.ts";
import { test } from "../kit/register.ts";
import { track } from "../kit/track.ts";

const never = { due: () => Infinity };
const full = { policy: never, maxQueuedRecords: 1 };

/** As a trace is recorded, everything must be as without. */
for (const trace of [undefined, { write: () => {} }]) {
  const how = trace === undefined ? "" : ", traced";

  test(`append() with an aborted signal appends nothing${how}`, async () => {
    const { wal, log, close } = await openWal({ trace });
    const signal = AbortSignal.abort("enough");
    for (const record of ["x", []]) {
      const tracked = track(wal.append(record, { signal }));
      await Promise.resolve();
      assertEquals(tracked.error, "enough");
    }
    const batch = track(wal.appendBatch(["x"], { signal }));
    await Promise.resolve();
    assertEquals(batch.error, "enough");
    assertEquals(wal.lastLsn, 0);
    await close();
    assertEquals(log.frames, []);
  });

  test(`append() that waits for room is withdrawn by an abort${how}`, async () => {
    const { wal, log, close } = await openWal({ ...full, trace });
    const counted = new CountedSignal();
    const { signal } = counted;
    track(wal.append("a"));
    const aborted = track(wal.append("b", { signal }));
    track(wal.append("c"));
    const batch = track(wal.appendBatch(["d", "e"], { signal }));
    track(wal.append("f"));
    counted.abort("enough");
    await close();
    assertEquals([aborted.error, batch.error], ["enough", "enough"]);
    assertEquals(log.texts().join(""), "acf");
    assertEquals([counted.listeners, counted.most], [0, 1]);
  });

  test(`append() that has a place says so when it is aborted${how}`, async () => {
    const { wal, log, clock, close } = await openWal({ policy: never, trace });
    const controller = new AbortController();
    const { signal } = controller;
    const reason = new RangeError("enough");
    wal.enqueue("a");
    const appended = track(wal.append("b", { signal }));
    const batch = track(wal.appendBatch(["c", "d"], { signal }));
    controller.abort(reason);
    await clock.quiet();
    for (const [{ error }, lsn] of [[appended, 2], [batch, 3]] as const) {
      assertInstanceOf(error, AppendAbortedError);
      assertEquals(error.lsn, lsn);
      assertStrictEquals(error.cause, reason);
    }
    await close();
    assertEquals(log.texts().join(""), "abcd");
  });

  test(`settled() and flush() end with their signal${how}`, async () => {
    const { wal, clock, log, close } = await openWal({ policy: never, trace });
    const counted = new CountedSignal();
    const { signal } = counted;
    wal.enqueue("a");
    const waits = [
      track(wal.settled(1, "disk", { signal })),
      track(wal.settled(1, "os", { signal })),
      track(wal.flush({ signal })),
    ];
    await Promise.resolve();
    counted.abort("enough");
    await clock.quiet();
    waits.push(
      track(wal.settled(1, "os", { signal })),
      track(wal.flush({ signal })),
    );
    await clock.quiet();
    assertEquals(waits.map(({ error }) => error), Array(5).fill("enough"));
    assertEquals([counted.listeners, counted.most], [0, 1]);
    await close();
    assertEquals(log.texts(), ["a"]);
  });
}

test("append() gives the room of an aborted one to those after it", async () => {
  const bounds = { policy: never, maxQueuedRecords: 4 };
  const { wal, log, close } = await openWal(bounds);
  const controller = new AbortController();
  const { signal } = controller;
  track(wal.appendBatch(["a", "b", "c"]));
  track(wal.appendBatch(["x", "y"], { signal }));
  track(wal.append("d"));
  track(wal.append("e"));
  assertEquals(wal.lastLsn, 3);
  controller.abort();
  assertEquals(wal.lastLsn, 4);
  await close();
  assertEquals(log.texts().join(""), "abcde");
});

test("append() gives no room of an aborted one to another of its signal", async () => {
  const bounds = { policy: never, maxQueuedRecords: 4 };
  const { wal, log, close } = await openWal(bounds);
  const controller = new AbortController();
  const { signal } = controller;
  track(wal.appendBatch(["a", "b", "c"]));
  track(wal.appendBatch(["x", "y"], { signal }));
  const second = track(wal.append("z", { signal }));
  track(wal.append("d"));
  controller.abort("enough");
  assertEquals(wal.lastLsn, 4);
  await close();
  assertEquals(second.error, "enough");
  assertEquals(log.texts().join(""), "abcd");
});

test("appendBatch() that aborts itself while it is read appends nothing", async () => {
  const { wal, close } = await openWal({ ...full, maxQueuedRecords: 2 });
  for (let round = 0; round < 2; round++) {
    const controller = new AbortController();
    const { signal } = controller;
    const records = function* () {
      yield "x";
      controller.abort("enough");
      yield "y";
    };
    const batch = track(wal.appendBatch(records(), { signal }));
    await Promise.resolve();
    assertEquals([batch.error, wal.lastLsn], ["enough", round]);
    if (round === 0) wal.enqueue("a");
  }
  await close();
});

test("append() may wait again in place of an aborted one", async () => {
  const bounds = { ...full, maxWaitingRecords: 1 };
  const { wal, log, close } = await openWal(bounds);
  const controller = new AbortController();
  const { signal } = controller;
  track(wal.append("a"));
  track(wal.append("x", { signal }));
  await assertRejects(() => wal.append("y"), QueueFullError);
  controller.abort();
  track(wal.append("b"));
  await assertRejects(() => wal.append("y"), QueueFullError, "1 of 1 records");
  await close();
  assertEquals(log.texts().join(""), "ab");
});

test("flush() waits for those in line, whichever of them is aborted", async () => {
  const { wal, clock, log, close } = await openWal(full);
  const controller = new AbortController();
  const { signal } = controller;
  for (const text of ["a", "b", "c"]) track(wal.append(text));
  track(wal.append("x", { signal }));
  const flushed = track(wal.flush());
  await Promise.resolve();
  controller.abort();
  await clock.quiet();
  assertEquals([flushed.value, log.syncedLsn], [3, 3]);
  await close();
});

test("append() of an abort after its ack is acknowledged", async () => {
  const { wal, clock, close } = await openWal();
  const counted = new CountedSignal();
  const { signal } = counted;
  const acked = track(wal.append("a", { signal }));
  const queued = track(wal.append("b", { signal, ack: "memory" }));
  await clock.quiet();
  counted.abort();
  await clock.quiet();
  assertEquals([acked.value, queued.value], [1, 2]);
  assertEquals(counted.listeners, 0);
  await close();
});

test("append() leaves no listener on a signal, however often it is used", async () => {
  const wal = await Wal.open(new MemoryStorage(), { maxQueuedRecords: 100 });
  const counted = new CountedSignal();
  const { signal } = counted;
  for (let round = 0; round < 20; round++) {
    const appends = Array.from(
      { length: 300 },
      () => wal.append("x", { signal }),
    );
    const waits = [wal.flush({ signal }), wal.settled(1, "disk", { signal })];
    await Promise.all([...appends, ...waits]);
    assertEquals(counted.listeners, 0);
  }
  assertEquals(counted.most, 1);
  await wal.close();
});

const fullDisk = new StorageFullError("disk");
const refuse = (error: unknown, operation: "append" | "sync" = "append") => ({
  fail: { operation, nth: 1, error },
});

test("enqueue() reports a drop of which only aborted calls knew", async () => {
  const { wal, clock, close } = await openWal({}, refuse(fullDisk));
  const controller = new AbortController();
  const { signal } = controller;
  wal.enqueue("a");
  const append = track(wal.append("b", { signal }));
  track(wal.settled(1, "os", { signal }));
  controller.abort();
  await clock.quiet();
  assertInstanceOf(append.error, AppendAbortedError);
  const { lsn } = assertThrows(() => wal.enqueue("c"), StorageFullError);
  assertEquals([lsn, wal.enqueue("c")], [1, 1]);
  await close();
});

test("close() reports a failure of which only aborted calls knew", async () => {
  for (const operation of ["append", "sync"] as const) {
    const { wal, clock, close } = await openWal(
      {},
      refuse(new Error("broken"), operation),
    );
    const controller = new AbortController();
    const { signal } = controller;
    track(wal.append("b", { signal }));
    track(wal.flush({ signal }));
    await Promise.resolve();
    controller.abort();
    await clock.quiet();
    await assertRejects(close, LogFailedError);
  }
});

test("append() with a signal rejects as others do when the log fails", async () => {
  const { wal, clock, close } = await openWal(
    { maxQueuedRecords: 1 },
    refuse(new Error("broken")),
  );
  const counted = new CountedSignal();
  const { signal } = counted;
  const appends = ["a", "b"].map((text) => track(wal.append(text, { signal })));
  await clock.quiet();
  appends.push(track(wal.append("c", { signal })));
  await clock.quiet();
  for (const { error } of appends) assertInstanceOf(error, LogFailedError);
  assertEquals(counted.listeners, 0);
  await close();
});

test("settled() that is aborted over and over fills no memory", async () => {
  const { wal, log, clock, close } = await openWal({ policy: never });
  wal.enqueue("a");
  const first = track(wal.settled(1));
  for (let round = 0; round < 5000; round++) {
    const controller = new AbortController();
    const { signal } = controller;
    track(wal.settled(1, "disk", { signal }));
    controller.abort();
  }
  const last = track(wal.settled(1));
  await close();
  assertEquals([first.state, last.state], ["resolved", "resolved"]);
  assertEquals(log.texts(), ["a"]);
  await clock.quiet();
});

test("calls refuse a signal that is none, and unknown options", async () => {
  const { wal, close } = await openWal();
  const lsn = await track(wal.append("a")).value ?? 1;
  for (const signal of [5, {}, { aborted: false }, null]) {
    const options = { signal } as never;
    for (
      const call of [
        () => wal.append("x", options),
        () => wal.appendBatch(["x"], options),
        () => wal.settled(lsn, "disk", options),
        () => wal.flush(options),
      ]
    ) await assertRejects(call, TypeError, "signal must be an AbortSignal");
  }
  const misspelled = { singal: undefined } as never;
  const message = "did you mean signal?";
  await assertRejects(() => wal.append("x", misspelled), TypeError, message);
  await assertRejects(() => wal.settled(1, "os", misspelled), TypeError);
  await assertRejects(() => wal.flush(misspelled), TypeError, message);
  assert(wal.lastLsn === 1);
  await close();
});

import { StorageFullError } from "../../storage/storage_error.ts";
import { ConflictError } from "../../writer/append_queue.ts";
import {
  assertEquals,
  assertInstanceOf,
  assertRejects,
} from "../kit/assert.ts";
import { openWal } from "../kit/open_wal.ts";
import { test } from "../kit/register.ts";
import { track, type Tracked } from "../kit/track.ts";

const never = { due: () => Infinity };

/** Asserts that an append was refused because another LSN was next. */
function assertConflict(tracked: Tracked<unknown>, next: number): void {
  assertInstanceOf(tracked.error, ConflictError);
  assertEquals(tracked.error.next, next);
}

for (const trace of [undefined, { write: () => {} }]) {
  const how = trace === undefined ? "" : ", traced";

  test(`append() with expect appends as that record, or not at all${how}`, async () => {
    const { wal, log, clock, close } = await openWal({ trace });
    const appends = [2, 1, 1, 2, 4].map((expect) =>
      track(wal.append(`${expect}`, { expect }))
    );
    await clock.quiet();
    const none = undefined;
    const lsns = appends.map(({ value }) => value);
    assertEquals(lsns, [none, 1, none, 2, none]);
    assertConflict(appends[0], 1);
    assertConflict(appends[2], 2);
    assertConflict(appends[4], 3);
    await close();
    assertEquals(log.texts(), ["1", "2"]);
  });

  test(`append() judges expect when it gets a place${how}`, async () => {
    const options = { policy: never, maxQueuedRecords: 1, trace };
    const { wal, log, close } = await openWal(options);
    const controller = new AbortController();
    const { signal } = controller;
    track(wal.append("a"));
    track(wal.append("x", { signal }));
    const early = track(wal.append("b", { expect: 2 }));
    const late = track(wal.append("y", { expect: 2 }));
    track(wal.append("c", { expect: 3 }));
    assertEquals(late.state, "pending");
    controller.abort();
    await close();
    assertEquals(early.value, 2);
    assertConflict(late, 3);
    assertEquals(log.texts().join(""), "abc");
  });
}

test("appendBatch() expects the LSN of its first record", async () => {
  const { wal, log, clock, close } = await openWal();
  track(wal.append("a"));
  const batch = track(wal.appendBatch(["b", "c"], { expect: 2 }));
  const again = track(wal.appendBatch(["x", "y"], { expect: 3 }));
  await clock.quiet();
  assertEquals(batch.value, { first: 2, last: 3 });
  assertConflict(again, 4);
  await close();
  assertEquals(log.texts().join(""), "abc");
});

test("append() expects an LSN that a full disk freed", async () => {
  const error = new StorageFullError("disk");
  const fail = { operation: "append", nth: 2, error } as const;
  const { wal, log, clock, close } = await openWal({}, { fail });
  assertEquals(await clock.settle(wal.append("a")), 1);
  const dropped = track(wal.append("x", { expect: 2 }));
  const conflict = track(wal.append("y", { expect: 2 }));
  await clock.quiet();
  assertInstanceOf(dropped.error, StorageFullError);
  assertConflict(conflict, 3);
  assertEquals(await clock.settle(wal.append("b", { expect: 2 })), 2);
  await close();
  assertEquals(log.texts().join(""), "ab");
});

test("append() refuses an expect that is no LSN", async () => {
  const { wal, close } = await openWal();
  for (const expect of [0, -1, 1.5, NaN, "1", 1n, null]) {
    const options = { expect } as never;
    const call = () => wal.append("x", options);
    await assertRejects(call, Error, "Cannot append because expect must be an");
    await assertRejects(() => wal.appendBatch(["x"], options), Error, "expect");
  }
  await close();
});

test("ConflictError says what was expected, and what is next", () => {
  const { expected, next, message } = new ConflictError(5, 9);
  assertEquals([expected, next], [5, 9]);
  assertEquals(
    message,
    "Cannot append record 5 because the next one is 9: nothing was appended",
  );
});

test("enqueue() takes a level, and refuses anything else", async () => {
  const { wal, log, clock, close } = await openWal({ synchronous: "normal" });
  wal.enqueue("a", { ack: "os" });
  await clock.quiet();
  assertEquals([wal.writtenLsn, wal.durableLsn], [1, 0]);
  wal.enqueue("b", { ack: "disk" });
  await clock.quiet();
  assertEquals(wal.durableLsn, 2);
  for (const options of [{ ack: "soon" }, { expect: 3 }, { signal: 1 }, null]) {
    await assertRejects(
      async () => await wal.enqueue("x", options as never),
      TypeError,
      "Cannot enqueue because",
    );
  }
  await close();
  assertEquals(log.texts(), ["a", "b"]);
});

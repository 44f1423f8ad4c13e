import { StorageFullError } from "../../storage/storage_error.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import { LogClosedError } from "../../writer/log_closed_error.ts";
import { LogFailedError } from "../../writer/log_failed_error.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertThrows,
} from "../kit/assert.ts";
import { CountedSignal } from "../kit/counted_signal.ts";
import { openWal } from "../kit/open_wal.ts";
import { test } from "../kit/register.ts";
import { track } from "../kit/track.ts";

const never = { due: () => Infinity };

function numbered(count: number): ReadableStream<string> {
  let next = 0;
  return new ReadableStream({
    pull(controller) {
      if (next === count) controller.close();
      else controller.enqueue(`${next++}`);
    },
  });
}

test("writable() writes what is piped to it, many in a flush", async () => {
  const { wal, log, clock, close } = await openWal({ maxQueuedRecords: 100 });
  await clock.settle(numbered(1000).pipeTo(wal.writable()));
  assertEquals(log.texts(), Array.from({ length: 1000 }, (_, at) => `${at}`));
  assertEquals([wal.durableLsn, log.syncedLsn], [1000, 1000]);
  assert(log.frames.length <= 30, `${log.frames.length} frames`);
  await close();
});

test("writable() closes when all has reached its level", async () => {
  const { wal, log, clock, close } = await openWal(
    { synchronous: "normal" },
    { answer: "held" },
  );
  for (const [ack, calls] of [["os", 1], ["disk", 3]] as const) {
    const writer = wal.writable({ ack }).getWriter();
    const written = track(writer.write("x"));
    const closed = track(writer.close());
    const before = log.count("append") + log.count("sync");
    await clock.quiet();
    assertEquals([written.state, closed.state], ["resolved", "pending"]);
    for (let step = 0; closed.state === "pending"; step++) {
      log.step();
      await clock.quiet();
    }
    const after = log.count("append") + log.count("sync");
    assert(after - before <= calls);
    assert(ack === "os" || wal.durableLsn === wal.lastLsn);
  }
  const closed = track(close());
  while (closed.state === "pending") {
    log.step();
    await clock.quiet();
  }
});

test("writable() is held up by a full queue, and no longer", async () => {
  const { wal, log, clock, close } = await openWal(
    { policy: never, maxQueuedRecords: 2 },
    { answer: "held" },
  );
  const writer = wal.writable().getWriter();
  const writes = ["a", "b", "c", "d"].map((text) => track(writer.write(text)));
  await clock.quiet();
  const states = () => writes.map(({ state }) => state[0]).join("");
  assertEquals([states(), wal.lastLsn], ["rrpp", 2]);
  const closed = track(writer.close().then(close));
  while (closed.state === "pending") {
    log.step();
    await clock.quiet();
    // Without room, all is flushed; with it, the policy never is for it.
    if (wal.lastLsn === 4) track(wal.flush());
  }
  assertEquals([states(), log.texts().join("")], ["rrrr", "abcd"]);
});

test("writable() fails with what is no record", async () => {
  const { wal, clock, close } = await openWal();
  const writer = wal.writable().getWriter();
  const closed = track(writer.closed);
  await assertRejects(() => writer.write(5 as never), TypeError, "a record");
  assertInstanceOf(closed.error, TypeError);
  await assertRejects(() => writer.close(), TypeError);
  assertEquals(wal.lastLsn, 0);
  assertEquals(await clock.settle(wal.append("a")), 1);
  await close();
});

test("writable() fails with an error that comes after the write", async () => {
  const errors = [
    [StorageFullError, new StorageFullError("disk")],
    [LogFailedError, new Error("broken")],
  ] as const;
  for (const [kind, error] of errors) {
    const fail = { operation: "append", nth: 1, error } as const;
    const { wal, clock, close } = await openWal({}, { fail });
    const writer = wal.writable().getWriter();
    const states = [
      track(writer.closed),
      track(writer.write("a")),
      track(writer.write("b")),
    ];
    await clock.quiet();
    states.push(track(writer.write("c")));
    await clock.quiet();
    for (const { error } of [states[0], states[3]]) {
      assertInstanceOf<Error>(error, kind);
    }
    await close();
  }
});

test("writable() closes with the error of its last records", async () => {
  const fail = {
    operation: "append",
    nth: 1,
    error: new StorageFullError("disk"),
  } as const;
  const { wal, clock, close } = await openWal({}, { fail });
  const writer = wal.writable().getWriter();
  track(writer.closed);
  track(writer.write("a"));
  const closed = track(writer.close());
  await clock.quiet();
  assertInstanceOf(closed.error, StorageFullError);
  await close();
});

test("writable() that is aborted withdraws what waits for room", async () => {
  const { wal, log, clock, close } = await openWal(
    { policy: never, maxQueuedRecords: 1 },
    { answer: "held" },
  );
  const writer = wal.writable().getWriter();
  track(writer.closed);
  track(writer.write("a"));
  const waiting = track(writer.write("x"));
  await clock.quiet();
  assertEquals(waiting.state, "pending");
  const aborted = track(writer.abort("enough"));
  await clock.quiet();
  assertEquals([waiting.state !== "pending", aborted.state], [
    true,
    "resolved",
  ]);
  const closed = track(close());
  while (closed.state === "pending") {
    log.step();
    await clock.quiet();
  }
  assertEquals(log.texts(), ["a"]);
});

test("writable() fails with the reason of its signal", async () => {
  const { wal, log, clock, close } = await openWal({
    policy: never,
    maxQueuedRecords: 1,
  });
  const counted = new CountedSignal();
  const { signal } = counted;
  const writer = wal.writable({ signal }).getWriter();
  const closed = track(writer.closed);
  track(writer.write("a"));
  const waiting = track(writer.write("x"));
  for (let tick = 0; tick < 9; tick++) await Promise.resolve();
  counted.abort("enough");
  await clock.quiet();
  assertEquals([closed.error, waiting.state], ["enough", "rejected"]);
  assertEquals(counted.listeners, 0);
  const late = wal.writable({ signal }).getWriter();
  const lateClosed = track(late.closed);
  const written = track(late.write("y"));
  await clock.quiet();
  assertEquals([lateClosed.error, written.error], ["enough", "enough"]);
  await close();
  assertEquals(log.texts(), ["a"]);
});

test("writable() leaves no listener on its signal", async () => {
  const wal = await Wal.open(new MemoryStorage());
  const counted = new CountedSignal();
  const { signal } = counted;
  await numbered(100).pipeTo(wal.writable({ signal }));
  assertEquals(counted.listeners, 0);
  const writer = wal.writable({ signal }).getWriter();
  track(writer.closed);
  await writer.abort();
  assertEquals(counted.listeners, 0);
  assertEquals(wal.lastLsn, 100);
  await wal.close();
});

test("writable() refuses bad options, and a closed log", async () => {
  const { wal, close } = await openWal();
  const call = (options: unknown) => () => wal.writable(options as never);
  const message = "Cannot make a stream because ";
  for (const options of [null, { ack: "soon" }, { signal: 1 }, { expect: 1 }]) {
    assertThrows(call(options), TypeError, message);
  }
  const writer = wal.writable().getWriter();
  track(writer.closed);
  await close();
  await assertRejects(() => writer.write("x"), LogClosedError);
  assertThrows(call({}), LogClosedError);
});

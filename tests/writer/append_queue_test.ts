import fc from "fast-check";
import { Buffer } from "node:buffer";
import { CountPolicy } from "../../policies/count_policy.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { QueueFullError } from "../../writer/append_queue.ts";
import { Writer } from "../../writer/writer.ts";
import {
  assert,
  assertEquals,
  assertLessOrEqual,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "../kit/assert.ts";
import { FakeFrameLog } from "../kit/fake_frame_log.ts";
import { hostilePolicies } from "../kit/hostile_policy.ts";
import { openWal } from "../kit/open_wal.ts";
import { test } from "../kit/register.ts";
import { track } from "../kit/track.ts";

const never = { due: () => Infinity };

test("append() waits in order while the queue is full", async () => {
  const { wal, log, clock, close } = await openWal({ maxQueuedRecords: 2 });
  const order: number[] = [];
  const appends = Array.from(
    { length: 7 },
    () => wal.append("x").then((lsn) => order.push(lsn)),
  );
  await clock.settle(Promise.all(appends));
  assertEquals(order, [1, 2, 3, 4, 5, 6, 7]);
  assertEquals(log.frames.map(({ records }) => records.length), [2, 2, 2, 1]);
  await close();
});

test("append() is acknowledged in LSN order, even if it waited for room", async () => {
  const { wal, clock, close } = await openWal({ maxQueuedRecords: 2 });
  const order: number[] = [];
  const note = (lsn: number) => void order.push(lsn);
  const signal = new AbortController().signal;
  const appends = [
    () => wal.append("x").then(note),
    () => wal.append("x", { signal }).then(note),
    () => wal.appendBatch(["x"]).then(({ last }) => note(last)),
  ];
  const calls: Promise<void>[] = [];
  for (const waiting of appends) {
    for (const direct of appends) {
      const [first] = [appends[0](), appends[0]()];
      calls.push(waiting());
      // Now one has room, and the next call finds some, too.
      await clock.settle(first);
      calls.push(direct());
      await clock.settle(Promise.all(calls));
    }
  }
  assertEquals(order, order.map((_, index) => index + 1));
  await close();
});

test("append() waits for bytes as it does for records", async () => {
  const { wal, log, clock, close } = await openWal({ maxQueuedBytes: 20 });
  const record = new Uint8Array(6);
  const appends = [1, 2, 3].map(() => wal.append(record));
  assertEquals(await clock.settle(Promise.all(appends)), [1, 2, 3]);
  assertEquals(log.frames.map(({ records }) => records.length), [2, 1]);
  await close();
});

test("append() lets a record larger than the queue in alone", async () => {
  const { wal, log, clock, close } = await openWal({ maxQueuedBytes: 20 });
  const appends = [5, 500, 5].map((size) => wal.append(new Uint8Array(size)));
  await clock.settle(Promise.all(appends));
  assertEquals(log.frames.map(({ length }) => length), [9, 504, 9]);
  await close();
});

test("append() has copied the record when it returns", async () => {
  const { wal, log, close } = await openWal({ maxQueuedRecords: 2 });
  const record = Buffer.alloc(1); // whose `slice` does not copy
  for (const letter of "abcdef") {
    record[0] = letter.charCodeAt(0);
    if (letter < "d") track(wal.append(record));
    else track(wal.appendBatch([record]));
  }
  record[0] = 0;
  await close();
  assertEquals(log.texts().join(""), "abcdef");
});

test("append() does not overtake a batch that waits for room", async () => {
  const { wal, log, close } = await openWal({ maxQueuedRecords: 3 });
  track(wal.append("a"));
  track(wal.appendBatch(["b", "c", "d"]));
  track(wal.append("e"));
  await close();
  assertEquals(log.texts().join(""), "abcde");
});

test("append() continues when a strict count exceeds the queue", async () => {
  const policy = new CountPolicy({ records: 100, whenIdle: "wait" });
  const { wal, log, clock, close } = await openWal({
    policy,
    maxQueuedRecords: 10,
  });
  const appends = Array.from({ length: 35 }, () => track(wal.append("x")));
  await clock.quiet();
  assertEquals(log.frames.map(({ records }) => records.length), [10, 10, 10]);
  assertEquals(appends[29].state, "resolved");
  assertEquals(appends[30].state, "pending");
  await close();
});

const full = { policy: never, maxQueuedRecords: 1 };

test("append() rejects beyond the records that may wait, in order", async () => {
  const { wal, log, close } = await openWal({ ...full, maxWaitingRecords: 3 });
  const appends = Array.from(
    { length: 7 },
    (_, at) => track(wal.append(`${at}`)),
  );
  const { records, bytes, message } = await assertRejects(
    () => wal.append("late"),
    QueueFullError,
  );
  assertEquals([records, bytes], [3, 15]);
  assertEquals(
    message,
    "Cannot append because too many appends wait for room (3 of 3 records, 15 of " +
      "67108864 bytes): await earlier ones first, or raise maxWaitingRecords " +
      "and maxWaitingBytes",
  );
  // An error for each would cost callers that never wait a kilobyte a record.
  assertStrictEquals(appends[5].error, appends[6].error);
  await close();
  assertEquals(appends.map(({ value }) => value), [1, 2, 3, 4, ...Array(3)]);
  assertEquals(log.texts().join(""), "0123");
});

test("append() rejects beyond the bytes that may wait", async () => {
  const { wal, log, close } = await openWal({ ...full, maxWaitingBytes: 20 });
  track(wal.append("a"));
  track(wal.append(new Uint8Array(6)));
  await assertRejects(() => wal.append(new Uint8Array(7)), QueueFullError);
  track(wal.append(new Uint8Array(6)));
  await close();
  assertEquals(log.frames.map(({ length }) => length), [5, 10, 10]);
});

test("appendBatch() rejects as a whole when too much waits", async () => {
  const { wal, log, close } = await openWal({ ...full, maxWaitingRecords: 3 });
  track(wal.append("a"));
  const waiting = track(wal.appendBatch(["b", "c"]));
  await assertRejects(() => wal.appendBatch(["x", "y"]), QueueFullError);
  track(wal.append("d"));
  await close();
  assertEquals(waiting.value, { first: 2, last: 3 });
  assertEquals(log.texts().join(""), "abcd");
});

test("append() lets something larger than the line wait alone", async () => {
  const bounds = { maxWaitingBytes: 20, maxWaitingRecords: 2 };
  const { wal, log, close } = await openWal({ ...full, ...bounds });
  track(wal.append("a"));
  track(wal.appendBatch([new Uint8Array(50), "b", "c"]));
  await assertRejects(() => wal.append(""), QueueFullError);
  await close();
  assertEquals(log.frames.map(({ length }) => length), [5, 64]);
});

test("append() may wait again once others found room", async () => {
  const { wal, log, clock, close } = await openWal({
    ...full,
    maxWaitingRecords: 1,
  });
  track(wal.append("a"));
  for (const text of ["b", "c", "d"]) {
    const waiting = track(wal.append(text, { ack: "memory" }));
    await assertRejects(() => wal.append("x"), QueueFullError);
    await clock.quiet();
    assertEquals(waiting.state, "resolved");
  }
  await close();
  assertEquals(log.texts().join(""), "abcd");
});

test("enqueue() throws and queues nothing when the queue is full", async () => {
  const { wal, log, close } = await openWal({
    policy: never,
    maxQueuedRecords: 2,
  });
  assertEquals([wal.enqueue("a"), wal.enqueue("b")], [1, 2]);
  const error = assertThrows(() => wal.enqueue("c"), QueueFullError);
  assertEquals([error.records, error.bytes], [2, 10]);
  assertEquals(
    error.message,
    "Cannot enqueue a record because the queue is full (2 of 2 records, 10 of " +
      "67108864 bytes): await flush() first, or use append(), which waits",
  );
  await close();
  assertEquals(log.texts(), ["a", "b"]);
});

test("enqueue() has room again after a turn, whatever the policy", async () => {
  const { wal, clock, close } = await openWal({
    policy: never,
    maxQueuedRecords: 1,
  });
  wal.enqueue("a");
  assertThrows(() => wal.enqueue("b"), QueueFullError);
  await clock.quiet();
  assertEquals(wal.enqueue("b"), 2);
  await close();
});

test("enqueue() does not overtake appends that wait", async () => {
  const { wal, log, clock, close } = await openWal({ maxQueuedBytes: 20 });
  track(wal.append(new Uint8Array(10)));
  const waiting = track(wal.append(new Uint8Array(10)));
  assertThrows(() => wal.enqueue(""), QueueFullError);
  await clock.quiet();
  assertEquals([waiting.state, wal.enqueue("")], ["resolved", 3]);
  await close();
  assertEquals(log.lastLsn, 3);
});

test("flush() and close() also flush those who wait for room", async () => {
  const options = { policy: never, maxQueuedRecords: 1 };
  const { wal, log, clock, close } = await openWal(options);
  for (const text of ["a", "b", "c"]) track(wal.append(text));
  assertEquals(await clock.settle(wal.flush()), 3);
  for (const text of ["d", "e"]) track(wal.append(text));
  await close();
  assertEquals(log.texts().join(""), "abcde");
});

test("append() at level memory waits for room, but no longer", async () => {
  const { wal, clock } = await openWal(
    { maxQueuedRecords: 1 },
    { answer: "held" },
  );
  const first = track(wal.append("a", { ack: "memory" }));
  const second = track(wal.append("b", { ack: "memory" }));
  await clock.quiet();
  assertEquals([first.state, second.state], ["resolved", "pending"]);
});

const entries = fc.array(
  fc.record({
    records: fc.integer({ min: 1, max: 4 }),
    size: fc.integer({ min: 4, max: 40 }),
    turn: fc.boolean(),
  }),
  { maxLength: 40, size: "max" },
);

test("Writer keeps the queue in bounds, except for one entry alone", async () => {
  const property = fc.asyncProperty(
    hostilePolicies,
    fc.integer({ min: 1, max: 6 }),
    fc.integer({ min: 1, max: 100 }),
    entries,
    async (make, maxQueuedRecords, maxQueuedBytes, script) => {
      const log = new FakeFrameLog({ answer: "promise" });
      const clock = new VirtualClock();
      const bounds = { maxQueuedRecords, maxQueuedBytes };
      const writer = new Writer(log, {
        ...bounds,
        maxWaitingBytes: Infinity,
        maxWaitingRecords: Infinity,
        policy: make(),
        clock,
        syncIntervalMs: Infinity,
      });
      const queue = new QueueWatch(writer, bounds);
      for (const { records, size, turn } of script) {
        queue.append(records, size);
        if (turn) await clock.turn();
        queue.check();
      }
      await clock.settle(writer.flush());
      assertEquals(log.lastLsn, queue.count);
    },
  );
  await fc.assert(property, { numRuns: 200 });
});

/** Knows from LSNs alone what has a place in the queue. */
class QueueWatch {
  readonly #entries: { last: number; records: number; bytes: number }[] = [];
  count = 0;

  constructor(
    readonly writer: Writer,
    readonly bounds: { maxQueuedRecords: number; maxQueuedBytes: number },
  ) {}

  append(records: number, size: number): void {
    const bytes = records * size;
    this.count += records;
    this.#entries.push({ last: this.count, records, bytes });
    track(this.writer.appendTogether({
      count: records,
      records: Array(records).fill(new Uint8Array(size - 4)),
      sizes: Array(records).fill(size),
      bytes,
      level: "disk",
    }, (last) => last));
  }

  check(): void {
    const { lastLsn } = this.writer;
    const writtenLsn = this.writer.reached("os");
    const queued = this.#entries.filter(({ last }) =>
      last > writtenLsn && last <= lastLsn
    );
    const sum = (key: "records" | "bytes") =>
      queued.reduce((total, entry) => total + entry[key], 0);
    assert(lastLsn >= writtenLsn);
    if (queued.length <= 1) return;
    assertLessOrEqual(sum("records"), this.bounds.maxQueuedRecords);
    assertLessOrEqual(sum("bytes"), this.bounds.maxQueuedBytes);
  }
}

import type { RecordBatch } from "../../storage/frame_log.ts";
import type { Batch } from "../../writer/batch.ts";
import { BatchQueue } from "../../writer/batch.ts";
import { LiveTail, type RecentFrame } from "../../writer/live_tail.ts";
import { assert, assertEquals, assertStrictEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

const SYNCED = true;

/** A queue, and the end of the log that it leads to. */
function setUp(records?: number) {
  const limits = records === undefined ? undefined : { records };
  const queue = new BatchQueue(1, limits);
  return { queue, tail: new LiveTail(queue) };
}

/** Queues records that hold their LSN, of `bytes` each. */
function add(queue: BatchQueue, count: number, bytes = 1): void {
  for (let index = 0; index < count; index++) {
    const record = new Uint8Array(bytes).fill(queue.lastLsn + 1);
    queue.add(record, bytes + 4, true);
  }
}

/** Flushes the next batch. */
function flush(queue: BatchQueue, tail: LiveTail): RecentFrame | undefined {
  const batch: Batch = queue.take();
  const frame = tail.keep(batch, SYNCED, 7);
  tail.tell(frame);
  queue.release(batch);
  return frame;
}

const lsnsOf = (batch: RecordBatch | undefined) =>
  batch && Array.from(batch.records, (record) => record[0]);

test("LiveTail keeps nothing while nobody watches", () => {
  const { queue, tail } = setUp();
  add(queue, 3);
  assertEquals(flush(queue, tail), undefined);
  const leave = tail.watch(() => {}, "disk");
  add(queue, 3);
  assertEquals(lsnsOf(flush(queue, tail)?.batch), [4, 5, 6]);
  assertEquals([tail.keeps(3), tail.keeps(4)], [false, true]);
  leave();
  assertEquals([tail.keeps(4), tail.take(4, 6)], [false, undefined]);
});

test("LiveTail gives any part of what it keeps, and all the same whole frame", () => {
  const { queue, tail } = setUp();
  tail.watch(() => {}, "disk");
  for (let frame = 0; frame < 4; frame++) {
    add(queue, 3);
    flush(queue, tail);
  }
  for (let from = 1; from <= 12; from++) {
    const end = Math.ceil(from / 3) * 3;
    for (let to = from; to <= 12; to++) {
      const last = Math.min(to, end);
      const model = Array.from(
        { length: last + 1 - from },
        (_, at) => from + at,
      );
      const taken = tail.take(from, to);
      assertEquals(lsnsOf(taken), model);
      assertEquals([taken!.firstLsn, taken!.time], [from, 7]);
    }
  }
  assertStrictEquals(tail.take(4, 12), tail.take(4, 6));
});

test("LiveTail keeps at most 64 frames and 1 MiB, and none larger", () => {
  const { queue, tail } = setUp();
  tail.watch(() => {}, "disk");
  for (let frame = 1; frame <= 200; frame++) {
    add(queue, 1);
    flush(queue, tail);
    assertEquals(tail.keeps(Math.max(1, frame - 63)), true);
    assertEquals(tail.keeps(frame - 64), false);
  }
  for (let frame = 0; frame < 10; frame++) {
    add(queue, 1, 300_000);
    flush(queue, tail);
  }
  assertEquals([tail.keeps(207), tail.keeps(208)], [false, true]);
  add(queue, 1, 1_100_000);
  flush(queue, tail);
  assertEquals([tail.keeps(211), tail.take(210, 211)], [false, undefined]);
});

test("LiveTail shows queued records wherever they wait, and keeps their memory", () => {
  for (const limit of [1, 2, 3, 7, 100]) {
    const { queue, tail } = setUp(limit);
    tail.watch(() => {}, "memory");
    const shown: [number, RecordBatch][] = [];
    for (let round = 0; round < 12; round++) {
      add(queue, 5, 1 + round);
      const { lastLsn } = queue;
      const first = queue.head!.firstLsn;
      for (let from = first; from <= lastLsn;) {
        const batch = tail.take(from, lastLsn)!;
        shown.push([from, batch]);
        from += batch.records.length;
      }
      if (round % 2 === 1) { while (queue.head) flush(queue, tail); }
    }
    for (const [from, batch] of shown) {
      const model = Array.from(batch.records, (_, at) => (from + at) % 256);
      assertEquals(lsnsOf(batch), model);
    }
  }
});

test("LiveTail shows the batch that is being flushed", () => {
  const { queue, tail } = setUp();
  tail.watch(() => {}, "memory");
  add(queue, 3);
  const batch = queue.take();
  add(queue, 2);
  assertEquals(lsnsOf(tail.take(2, 5)), [2, 3]);
  assertEquals(lsnsOf(tail.take(4, 5)), [4, 5]);
  tail.keep(batch, SYNCED, undefined);
  queue.release(batch);
  assertEquals(lsnsOf(tail.take(1, 5)), [1, 2, 3]);
  queue.rollBack(4);
  tail.cut(3);
  assertEquals([tail.take(4, 5), lsnsOf(tail.take(3, 3))], [undefined, [3]]);
  tail.cut(2);
  assertEquals(tail.take(1, 2), undefined);
});

test("LiveTail wakes the eager once per burst of appends, within the turn", async () => {
  const { queue, tail } = setUp();
  let eager = 0;
  let others = 0;
  const leave = tail.watch(() => eager++, "memory");
  tail.watch(() => others++, "disk");
  add(queue, 10);
  assertEquals([eager, others], [0, 0]);
  await null;
  assertEquals([eager, others], [1, 0]);
  flush(queue, tail);
  assertEquals([eager, others], [2, 1]);
  leave();
  assert(queue.onAdded === undefined);
});

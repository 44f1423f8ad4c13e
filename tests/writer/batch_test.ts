/**
 * Goal: batches that wait are put together as far as new limits allow, with
 * every byte, in order.
 *
 * @module
 */
import fc from "fast-check";
import { assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";
import { FRAME_HEADER_BYTES } from "../../storage/format/mod.ts";
import { type Batch, BatchQueue } from "../../writer/batch.ts";

const due = () => 0;

/** A queue of records of one byte each, whose limits were 2 records. */
function queueOf(records: number): BatchQueue {
  const queue = new BatchQueue(1, { records: 2 });
  for (let nth = 1; nth <= records; nth++) {
    queue.arrivedAt = nth;
    queue.add(Uint8Array.of(nth), 5, nth === 3);
  }
  return queue;
}

/** What is in a batch, as its frame has it. */
function contentsOf({ buffer, count, length }: Batch) {
  const records: number[] = [];
  for (let nth = 0; nth < count; nth++) {
    records.push(buffer[FRAME_HEADER_BYTES + nth * 5 + 4]);
  }
  return { records, length };
}

function drain(queue: BatchQueue) {
  const batches: number[][] = [];
  while (queue.head !== undefined) {
    const batch = queue.take();
    batches.push(contentsOf(batch).records);
    queue.release(batch);
  }
  return batches;
}

test("BatchQueue.updateBounds() joins what waits under higher limits", () => {
  const queue = queueOf(7);
  queue.updateBounds({ due, limits: { records: 5 } });
  assertEquals([queue.records, queue.bytes, queue.lastLsn], [7, 35, 7]);
  assertEquals(queue.headIsSealed, true);
  const batch = queue.take();
  assertEquals(contentsOf(batch), { records: [1, 2, 3, 4], length: 20 });
  const { firstLsn, lastLsn, oldestAt, newestAt, sync } = batch;
  assertEquals([firstLsn, lastLsn, oldestAt, newestAt, sync], [
    1,
    4,
    1,
    4,
    true,
  ]);
  queue.arrivedAt = 8;
  queue.add(Uint8Array.of(8), 5, false);
  queue.release(batch);
  assertEquals(drain(queue), [[5, 6, 7, 8]]);
});

test("BatchQueue.updateBounds() leaves no batch sealed that may grow", () => {
  const queue = queueOf(6);
  queue.updateBounds({ due });
  assertEquals(queue.headIsSealed, false);
  queue.add(Uint8Array.of(7), 5, false);
  assertEquals(drain(queue), [[1, 2, 3, 4, 5, 6, 7]]);
});

test("BatchQueue.updateBounds() seals at lower limits, and cuts nothing up", () => {
  const queue = queueOf(3);
  queue.updateBounds({ due });
  queue.updateBounds({ due, limits: { records: 2 } });
  assertEquals(queue.headIsSealed, true);
  queue.add(Uint8Array.of(4), 5, false);
  assertEquals(drain(queue), [[1, 2, 3], [4]]);
});

test("BatchQueue.updateBounds() keeps the limits if they cannot be read", () => {
  const queue = queueOf(3);
  queue.updateBounds({
    due,
    get limits(): never {
      throw new Error("no limits");
    },
  });
  assertEquals(drain(queue), [[1, 2], [3]]);
});

test("BatchQueue.updateBounds() of an empty queue keeps its LSNs", () => {
  const queue = new BatchQueue(9, { records: 2 });
  queue.updateBounds({ due });
  assertEquals([queue.head, queue.lastLsn], [undefined, 8]);
  assertEquals(queue.add(Uint8Array.of(1), 5, false), 9);
});

test("BatchQueue.addBlock() makes the batches that its records would make one by one", () => {
  const size = fc.integer({ min: 0, max: 9 });
  const run = fc.record({
    sizes: fc.array(size, { minLength: 1, maxLength: 12 }),
    sync: fc.boolean(),
  });
  const limits = fc.record({
    records: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
    bytes: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
  });
  fc.assert(fc.property(fc.array(run), limits, (runs, limits) => {
    const single = new BatchQueue(1, limits);
    const whole = new BatchQueue(1, limits);
    let nth = 0;
    for (const { sizes, sync } of runs) {
      single.arrivedAt = whole.arrivedAt = ++nth;
      const block: number[] = [];
      for (const size of sizes) {
        single.add(new Uint8Array(size).fill(nth), size + 4, sync);
        block.push(size, 0, 0, 0, ...Array(size).fill(nth));
      }
      const bytes = Uint8Array.from(block);
      const last = whole.addBlock(
        { bytes, isAtomic: false },
        sizes.length,
        sync,
      );
      assertEquals(last, single.lastLsn);
    }
    assertEquals(framesOf(whole), framesOf(single));
  }));
});

/** All that a queue's batches hold, in order. */
function framesOf(queue: BatchQueue) {
  const frames: unknown[] = [];
  while (queue.head !== undefined) {
    const { buffer, length, count, sync, oldestAt, newestAt } = queue.take();
    const end = FRAME_HEADER_BYTES + length;
    const bytes = [...buffer.subarray(FRAME_HEADER_BYTES, end)];
    frames.push({ bytes, count, sync, oldestAt, newestAt });
  }
  return frames;
}

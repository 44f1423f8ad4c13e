import fc from "fast-check";
import { assertEquals, assertStrictEquals } from "./support/assert.ts";
import { test } from "./support/register.ts";
import { track, type Tracked } from "./support/track.ts";
import { WaiterQueue } from "../waiter_queue.ts";

const microtasks = () => new Promise((resolve) => setImmediate(resolve));

test("WaiterQueue.release() resolves those up to an LSN", async () => {
  const queue = new WaiterQueue();
  const waiters = [1, 2, 2, 3].map((lsn) => track(queue.wait(lsn)));
  queue.release(2);
  await microtasks();
  assertEquals(
    waiters.map(({ value }) => value),
    [1, 2, 2, undefined],
  );
});

test("WaiterQueue.release() resolves in LSN order", async () => {
  const queue = new WaiterQueue();
  const order: number[] = [];
  for (const lsn of [5, 1, 3, 4, 2]) {
    queue.wait(lsn).then((lsn) => order.push(lsn));
  }
  queue.release(9);
  await microtasks();
  assertEquals(order, [1, 2, 3, 4, 5]);
});

test("WaiterQueue.release() keeps call order at one LSN", async () => {
  const queue = new WaiterQueue();
  const order: string[] = [];
  queue.wait(7).then(() => order.push("first"));
  queue.wait(8).then(() => order.push("last"));
  queue.wait(7).then(() => order.push("second"));
  queue.release(8);
  await microtasks();
  assertEquals(order, ["first", "second", "last"]);
});

test("WaiterQueue.reject() rejects all that still wait", async () => {
  const queue = new WaiterQueue();
  const waiters = [1, 2, 3].map((lsn) => track(queue.wait(lsn)));
  const error = new Error("stop");
  queue.release(1);
  queue.reject(error);
  queue.release(9);
  await microtasks();
  assertEquals(
    waiters.map(({ state }) => state),
    ["resolved", "rejected", "rejected"],
  );
  assertStrictEquals(waiters[2].error, error);
});

test("WaiterQueue.waitWith() resolves with its value, in the same order", async () => {
  const queue = new WaiterQueue();
  const order: unknown[] = [];
  queue.wait(3).then((value) => order.push(value));
  queue.waitWith(2, "two").then((value) => order.push(value));
  queue.wait(1).then((value) => order.push(value));
  const late = track(queue.waitWith(9, "nine"));
  queue.release(3);
  const error = new Error("stop");
  queue.reject(error);
  await microtasks();
  assertEquals(order, [1, "two", 3]);
  assertStrictEquals(late.error, error);
});

test("WaiterQueue can be waited for again after a reject", async () => {
  const queue = new WaiterQueue();
  queue.reject(new Error("nobody waits"));
  const waiter = track(queue.wait(1));
  queue.release(1);
  await microtasks();
  assertEquals(waiter.state, "resolved");
});

test("WaiterQueue keeps its order beyond thousands of waiters", async () => {
  const queue = new WaiterQueue();
  const order: number[] = [];
  const expected: number[] = [];
  for (let lsn = 1; lsn <= 5000; lsn++) {
    queue.wait(lsn).then((lsn) => order.push(lsn));
    expected.push(lsn);
    if (lsn % 2 === 0) queue.release(lsn / 2);
  }
  queue.release(5000);
  await microtasks();
  assertEquals(order, expected);
});

const steps = fc.array(
  fc.record({ wait: fc.boolean(), by: fc.integer({ min: 0, max: 9 }) }),
  { size: "max", maxLength: 80 },
);

test("WaiterQueue releases whose LSN is reached, no other", async () => {
  const property = fc.asyncProperty(steps, async (steps) => {
    const queue = new WaiterQueue();
    const waiters: { lsn: number; tracked: Tracked<number> }[] = [];
    let reached = 0;
    for (const { wait, by } of steps) {
      const lsn = reached + 1 + by;
      if (wait) waiters.push({ lsn, tracked: track(queue.wait(lsn)) });
      else queue.release(reached += by);
      await Promise.resolve();
      for (const { lsn, tracked } of waiters) {
        assertEquals(tracked.state === "resolved", lsn <= reached);
      }
    }
  });
  await fc.assert(property);
});

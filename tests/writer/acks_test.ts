import fc from "fast-check";
import { AckWaiters } from "../../writer/acks.ts";
import { assert, assertEquals, assertStrictEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";
import { track, type Tracked } from "../kit/track.ts";

const microtasks = () => new Promise((resolve) => setImmediate(resolve));

test("AckWaiters.release() resolves those up to an LSN", async () => {
  const queue = new AckWaiters();
  const waiters = [1, 2, 2, 3].map((lsn) => track(queue.wait(lsn)));
  queue.release(2);
  await microtasks();
  assertEquals(
    waiters.map(({ value }) => value),
    [1, 2, 2, undefined],
  );
});

test("AckWaiters.release() resolves in LSN order", async () => {
  const queue = new AckWaiters();
  const order: number[] = [];
  for (const lsn of [5, 1, 3, 4, 2]) {
    queue.wait(lsn).then((lsn) => order.push(lsn));
  }
  queue.release(9);
  await microtasks();
  assertEquals(order, [1, 2, 3, 4, 5]);
});

test("AckWaiters.release() keeps call order at one LSN", async () => {
  const queue = new AckWaiters();
  const order: string[] = [];
  queue.wait(7).then(() => order.push("first"));
  queue.wait(8).then(() => order.push("last"));
  queue.wait(7).then(() => order.push("second"));
  queue.release(8);
  await microtasks();
  assertEquals(order, ["first", "second", "last"]);
});

test("AckWaiters.reject() rejects all that still wait", async () => {
  const queue = new AckWaiters();
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

/** A call that waits for `lsn`, and resolves with a value. */
function call(queue: AckWaiters, lsn: number, value: string): Promise<string> {
  return new Promise((resolve, reject) =>
    queue.settle(lsn, value, { resolve, reject }, undefined)
  );
}

test("AckWaiters.settle() resolves with its value, in the same order", async () => {
  const queue = new AckWaiters();
  const order: unknown[] = [];
  queue.wait(3).then((value) => order.push(value));
  call(queue, 2, "two").then((value) => order.push(value));
  queue.wait(1).then((value) => order.push(value));
  const late = track(call(queue, 9, "nine"));
  queue.release(3);
  const error = new Error("stop");
  queue.reject(error);
  await microtasks();
  assertEquals(order, [1, "two", 3]);
  assertStrictEquals(late.error, error);
});

test("AckWaiters can be waited for again after a reject", async () => {
  const queue = new AckWaiters();
  queue.reject(new Error("nobody waits"));
  const waiter = track(queue.wait(1));
  queue.release(1);
  await microtasks();
  assertEquals(waiter.state, "resolved");
});

test("AckWaiters keeps its order beyond thousands of waiters", async () => {
  const queue = new AckWaiters();
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

/** All orders of `items`. */
function* permutations<T>(items: readonly T[]): Generator<T[]> {
  if (items.length === 0) yield [];
  for (const [index, item] of items.entries()) {
    for (const rest of permutations(items.toSpliced(index, 1))) {
      yield [item, ...rest];
    }
  }
}

/** Waits for each LSN in turn; the order in which all were settled. */
function waitForAll(queue: AckWaiters, lsns: readonly number[]): string[] {
  const order: string[] = [];
  for (const [index, lsn] of lsns.entries()) {
    const note = () => void order.push(`${lsn} of call ${index}`);
    queue.wait(lsn).then(note, note);
  }
  return order;
}

/** By LSN, and by call at one LSN. */
function inOrder(lsns: readonly number[]): string[] {
  return [...lsns.entries()].sort(([a, x], [b, y]) => x - y || a - b)
    .map(([index, lsn]) => `${lsn} of call ${index}`);
}

test("AckWaiters settles in LSN order, in whatever order they wait", async () => {
  for (const lsns of permutations([1, 2, 2, 3, 4, 5])) {
    for (const reached of [0, 2, 3, 5]) {
      const queue = new AckWaiters();
      const order = waitForAll(queue, lsns);
      queue.release(reached);
      const left = lsns.filter((lsn) => lsn > reached).length;
      assertEquals(queue.reject(new Error("stop")), left);
      assertEquals(queue.reject(new Error("again")), 0);
      await microtasks();
      assertEquals(order, inOrder(lsns));
    }
  }
});

test("AckWaiters compares little when LSNs arrive in falling order", async () => {
  const count = 2000;
  let comparisons = 0;
  /** An LSN that notes when it is compared. */
  const counting = (lsn: number) => ({
    valueOf() {
      comparisons++;
      return lsn;
    },
  });
  const queue = new AckWaiters();
  const order: number[] = [];
  for (let lsn = count; lsn > 0; lsn--) {
    queue.wait(counting(lsn) as never).then((lsn) => order.push(+lsn));
  }
  for (let lsn = 1; lsn <= count; lsn++) queue.release(lsn);
  await microtasks();
  assertEquals(order, Array.from({ length: count }, (_, index) => index + 1));
  assert(comparisons < 100 * count, `${comparisons} comparisons`);
});

const steps = fc.array(
  fc.record({ wait: fc.boolean(), by: fc.integer({ min: 0, max: 9 }) }),
  { size: "max", maxLength: 80 },
);

test("AckWaiters releases those whose LSN is reached, and no others", async () => {
  const property = fc.asyncProperty(steps, async (steps) => {
    const queue = new AckWaiters();
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

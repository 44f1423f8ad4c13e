import { CountPolicy } from "../../policies/count_policy.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { Wal } from "../../wal.ts";
import { assertEquals, assertThrows } from "../kit/assert.ts";
import { ObservingPolicy } from "../kit/observing_policy.ts";
import { openWal } from "../kit/open_wal.ts";
import { test } from "../kit/register.ts";
import { track } from "../kit/track.ts";

/** Sizes of the flushes that one burst of `records` makes under 128. */
async function burst(records: number): Promise<number[]> {
  const policy = new ObservingPolicy(new CountPolicy({ records: 128 }));
  const clock = new VirtualClock();
  const wal = await Wal.open(new MemoryStorage(), { policy, clock });
  const appends = Array.from({ length: records }, () => wal.append("entry"));
  await clock.settle(Promise.all(appends));
  await clock.settle(wal.close());
  return policy.sizes;
}

test("CountPolicy makes one flush of a burst up to its count", async () => {
  for (const records of [1, 2, 4, 8, 16, 32, 64, 128]) {
    assertEquals(await burst(records), [records]);
  }
});

test("CountPolicy makes a flush for each full count of a burst", async () => {
  assertEquals(await burst(256), [128, 128]);
  assertEquals(await burst(512), [128, 128, 128, 128]);
});

test("CountPolicy flushes what remains of a burst of 1000", async () => {
  assertEquals(await burst(1000), [...Array(7).fill(128), 104]);
});

test("CountPolicy flushes a last odd record when it is alone", async () => {
  const policy = new ObservingPolicy(new CountPolicy({ records: 2 }));
  const { wal, clock, close } = await openWal({ policy });
  const appends = [1, 2, 3].map((record) => wal.append(`${record}`));
  await clock.settle(Promise.all(appends));
  assertEquals(policy.flushes.map(({ reason }) => reason), ["limit", "idle"]);
  await close();
});

test("CountPolicy waits for the count when told to wait", async () => {
  const policy = new CountPolicy({ records: 3, whenIdle: "wait" });
  const { wal, log, clock, close } = await openWal({ policy });
  const first = track(wal.append("a"));
  track(wal.append("b"));
  await clock.advance(1e9);
  assertEquals([first.state, log.calls], ["pending", []]);
  await clock.settle(wal.append("c"));
  assertEquals(log.order, ["append 1-3", "sync"]);
  await close();
});

test("CountPolicy waits no longer when the log is closed", async () => {
  const policy = new CountPolicy({ records: 3, whenIdle: "wait" });
  const { wal, log, close } = await openWal({ policy });
  const append = track(wal.append("a"));
  await close();
  assertEquals([append.state, log.texts()], ["resolved", ["a"]]);
});

test("CountPolicy needs no clock: no timer is set, and no time passes", async () => {
  for (const whenIdle of ["flush", "wait"] as const) {
    const policy = new CountPolicy({ records: 3, whenIdle });
    const { wal, clock, close } = await openWal({ policy });
    const appends = [1, 2, 3, 4].map((record) =>
      track(wal.append(`${record}`))
    );
    await clock.quiet();
    assertEquals([clock.timers, clock.now()], [0, 0]);
    const isLastPending = appends[3].state === "pending";
    assertEquals(isLastPending, whenIdle === "wait");
    await close();
  }
});

test("CountPolicy() has 256 records and flushes when idle by default", () => {
  const policy = new CountPolicy();
  assertEquals([policy.limits, policy.whenIdle], [{ records: 256 }, "flush"]);
  assertEquals(policy.due(), Infinity);
});

test("CountPolicy() refuses a count that is not a positive integer", () => {
  const rule =
    "Cannot create a CountPolicy because records must be an integer of " +
    "at least 1: received ";
  for (const records of [0, -1, 1.5, NaN, Infinity, 2 ** 53]) {
    const error = assertThrows(() => new CountPolicy({ records }), RangeError);
    assertEquals(error.message, `${rule}${records}`);
  }
  const records = "5" as unknown as number;
  const error = assertThrows(() => new CountPolicy({ records }), TypeError);
  assertEquals(error.message, `${rule}"5"`);
});

test("CountPolicy() refuses a whenIdle that it does not know", () => {
  const rule = "Cannot create a CountPolicy because whenIdle must be " +
    '"flush" or "wait": received ';
  const make = (whenIdle: unknown) => () =>
    new CountPolicy({ whenIdle: whenIdle as "wait" });
  const word = assertThrows(make("never"), TypeError);
  assertEquals(word.message, `${rule}"never"`);
  assertEquals(assertThrows(make(1), TypeError).message, `${rule}1`);
});

test("CountPolicy() refuses options that are not an object", () => {
  const make = (options: unknown) => () =>
    new CountPolicy(options as { records: number });
  const rule =
    "Cannot create a CountPolicy because its options must be an object: ";
  const error = assertThrows(make(128), TypeError);
  assertEquals(error.message, `${rule}received 128`);
  const none = assertThrows(make(null), TypeError);
  assertEquals(none.message, `${rule}received null`);
});

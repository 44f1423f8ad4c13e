import { AgePolicy } from "../../policies/age_policy.ts";
import { assertEquals, assertThrows } from "../kit/assert.ts";
import { ObservingPolicy } from "../kit/observing_policy.ts";
import { openWal } from "../kit/open_wal.ts";
import { test } from "../kit/register.ts";
import { track } from "../kit/track.ts";

test("AgePolicy flushes when the oldest record is that old", async () => {
  const policy = new ObservingPolicy(new AgePolicy({ ms: 10 }));
  const { wal, clock, close } = await openWal({ policy });
  const first = track(wal.append("first"));
  await clock.advance(9);
  const second = track(wal.append("second"));
  await clock.advance(0.5);
  assertEquals([first.state, second.state], ["pending", "pending"]);
  await clock.advance(0.5);
  assertEquals([first.state, second.state], ["resolved", "resolved"]);
  assertEquals(policy.flushes.map(({ startedAt }) => startedAt), [10]);
  await close();
});

test("AgePolicy is asked only once per turn, however many records arrive", async () => {
  const policy = new ObservingPolicy(new AgePolicy({ ms: 10 }));
  const { wal, clock, close } = await openWal({ policy });
  for (let record = 0; record < 100; record++) track(wal.append("x"));
  await clock.quiet();
  assertEquals([policy.asked, clock.timers], [1, 1]);
  await close();
});

test("AgePolicy flushes at the turn's end when the age is 0", async () => {
  const policy = new ObservingPolicy(new AgePolicy({ ms: 0 }));
  const { wal, clock, close } = await openWal({ policy });
  await clock.settle(Promise.all([wal.append("a"), wal.append("b")]));
  assertEquals(policy.flushes.map(({ reason }) => reason), ["due"]);
  await close();
});

test("AgePolicy leaves no timer behind when the log is closed", async () => {
  const policy = new AgePolicy({ ms: 1e6 });
  const { wal, clock, close } = await openWal({ policy });
  const append = track(wal.append("a"));
  await clock.quiet();
  await close();
  assertEquals([append.state, clock.timers], ["resolved", 0]);
});

test("AgePolicy.due() is the oldest record's instant plus the age", () => {
  const batch = { records: 2, bytes: 20, oldestAt: 100, newestAt: 105 };
  assertEquals(new AgePolicy().due(batch), 102);
  assertEquals(new AgePolicy({ ms: 2.5 }).due(batch), 102.5);
});

test("AgePolicy() refuses an age that is not a finite number of at least 0", () => {
  const rule =
    "Cannot create an AgePolicy because ms must be a finite number of at " +
    "least 0: received ";
  for (const ms of [-1, NaN, Infinity]) {
    const error = assertThrows(() => new AgePolicy({ ms }), RangeError);
    assertEquals(error.message, `${rule}${ms}`);
  }
  const ms = "10" as unknown as number;
  const error = assertThrows(() => new AgePolicy({ ms }), TypeError);
  assertEquals(error.message, `${rule}"10"`);
  const options = 10 as unknown as { ms: number };
  assertEquals(
    assertThrows(() => new AgePolicy(options), TypeError).message,
    "Cannot create an AgePolicy because its options must be an object: received 10",
  );
});

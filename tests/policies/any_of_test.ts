import { AgePolicy } from "../../policies/age_policy.ts";
import { anyOf } from "../../policies/any_of.ts";
import type { BatchPolicy } from "../../policies/batch_policy.ts";
import { BytesPolicy } from "../../policies/bytes_policy.ts";
import { CountPolicy } from "../../policies/count_policy.ts";
import { assertEquals, assertThrows } from "../kit/assert.ts";
import { ObservingPolicy } from "../kit/observing_policy.ts";
import { type OpenWal, openWal } from "../kit/open_wal.ts";
import { test } from "../kit/register.ts";
import { track } from "../kit/track.ts";

/** The trigger of seed 001: 1000 records, 1 MiB, or 10 ms. */
async function openTriple(): Promise<OpenWal & { policy: ObservingPolicy }> {
  const policy = new ObservingPolicy(anyOf(
    new CountPolicy({ records: 1000 }),
    new BytesPolicy({ bytes: 1 << 20 }),
    new AgePolicy({ ms: 10 }),
  ));
  return { policy, ...await openWal({ policy }) };
}

test("anyOf() flushes 1000 records at once by their count", async () => {
  const { policy, wal, clock, close } = await openTriple();
  const appends = Array.from({ length: 1000 }, () => wal.append("x"));
  await clock.settle(Promise.all(appends));
  const [{ reason, records }] = policy.flushes;
  assertEquals([reason, records, clock.now()], ["limit", 1000, 0]);
  await close();
});

test("anyOf() flushes 1 MiB at once by its bytes", async () => {
  const { policy, wal, clock, close } = await openTriple();
  const record = new Uint8Array(4092);
  const appends = Array.from({ length: 256 }, () => wal.append(record));
  await clock.settle(Promise.all(appends));
  const [{ reason, bytes }] = policy.flushes;
  assertEquals([reason, bytes, clock.now()], ["limit", 1 << 20, 0]);
  await close();
});

test("anyOf() flushes a lone record by its age, and never before", async () => {
  const { policy, wal, log, clock, close } = await openTriple();
  const append = track(wal.append("alone"));
  await clock.advance(9.999);
  assertEquals([append.state, log.calls], ["pending", []]);
  await clock.advance(0.001);
  const [{ reason, startedAt }] = policy.flushes;
  assertEquals([append.state, reason, startedAt], ["resolved", "due", 10]);
  await close();
});

test("anyOf() lets 999 records wait for their age", async () => {
  const { policy, wal, clock, close } = await openTriple();
  for (let record = 0; record < 999; record++) track(wal.append("x"));
  await clock.advance(9);
  assertEquals(policy.sizes, []);
  await clock.advance(1);
  assertEquals(policy.sizes, [999]);
  await close();
});

test("anyOf() flushes when idle only if all of them do", () => {
  const count = new CountPolicy();
  const strict = new CountPolicy({ whenIdle: "wait" });
  assertEquals(anyOf(count, new BytesPolicy()).whenIdle, "flush");
  assertEquals(anyOf(count, strict).whenIdle, "wait");
  assertEquals(anyOf(count, new AgePolicy()).whenIdle, "wait");
});

test("anyOf() has the smallest limits and the earliest due", () => {
  const policy = anyOf(
    new CountPolicy({ records: 7 }),
    new CountPolicy({ records: 5 }),
    anyOf(new BytesPolicy({ bytes: 9 }), new AgePolicy({ ms: 3 })),
    new AgePolicy({ ms: 4 }),
  );
  const batch = { records: 1, bytes: 5, oldestAt: 10, newestAt: 10 };
  assertEquals(policy.limits, { records: 5, bytes: 9 });
  assertEquals(policy.due(batch, 11), 13);
});

test("anyOf() keeps a limit next to one that is not a number", () => {
  const bad = { limits: { records: NaN, bytes: NaN }, due: () => Infinity };
  const { limits } = anyOf(bad, new CountPolicy({ records: 5 }), bad);
  assertEquals(limits, { records: 5 });
});

test("anyOf() reports each flush to each of them", async () => {
  const age = new AgePolicy({ ms: 0 });
  const policies = [new ObservingPolicy(age), new ObservingPolicy(age)];
  const { wal, clock, close } = await openWal({ policy: anyOf(...policies) });
  await clock.settle(wal.append("x"));
  await close();
  assertEquals(policies.map(({ sizes }) => sizes), [[1], [1]]);
});

test("anyOf() has the limits that its policies have after a flush", () => {
  let limits: BatchPolicy["limits"] = { records: 8 };
  const changing: BatchPolicy = {
    get limits() {
      return limits;
    },
    due: () => 0,
    observe(_, queuedRecords) {
      limits = queuedRecords > 100 ? {} : { records: 8 };
    },
  };
  const policy = anyOf(changing, new CountPolicy({ records: 50 }));
  const times = { oldestAt: 0, startedAt: 0, writtenAt: 1, endedAt: 2 };
  const size = { records: 1, bytes: 5, firstLsn: 1, lastLsn: 1 };
  const flush = { reason: "due", ...size, ...times } as const;
  const seen: BatchPolicy["limits"][] = [policy.limits];
  for (const queued of [0, 101, 101, 100]) {
    policy.observe?.(flush, queued);
    seen.push(policy.limits);
  }
  const caps = seen.map((read) => read?.records);
  assertEquals(caps, [8, 8, 50, 50, 8]);
  // A new object says that the limits are new; the same one, that they are not.
  assertEquals(seen[0] === seen[1], true);
  assertEquals(seen[2] === seen[3], true);
});

test("anyOf() reports a flush to the others when one of them throws", () => {
  const told: string[] = [];
  const member = (name: string, fails: boolean): BatchPolicy => ({
    due: () => 0,
    observe() {
      told.push(name);
      if (fails) throw new Error(name);
    },
  });
  const policy = anyOf(
    member("first", true),
    member("second", true),
    member("third", false),
  );
  const times = { oldestAt: 0, startedAt: 0, writtenAt: 1, endedAt: 2 };
  const size = { records: 1, bytes: 5, firstLsn: 1, lastLsn: 1 };
  const flush = { reason: "due", ...size, ...times } as const;
  assertThrows(() => policy.observe?.(flush, 0), Error, "first");
  assertEquals(told, ["first", "second", "third"]);
});

test("anyOf() refuses an empty list, and what is not a policy", () => {
  assertEquals(
    assertThrows(() => anyOf(), TypeError).message,
    "Cannot use anyOf because its arguments must be policies: received none",
  );
  for (const policy of [null, undefined, 3, {}, CountPolicy]) {
    const error = assertThrows(() => anyOf(policy as BatchPolicy), TypeError);
    assertEquals(
      error.message,
      "Cannot use anyOf because each argument must be an object with a " +
        `method due: received ${String(policy)}`,
    );
  }
});

/**
 * What docs/policies.md says about its figures in words, checked against the
 * simulator: where a claim turns out wrong, the document has to change.
 *
 * @module
 */
import { burstRuns } from "../../../docs/figures/burst.ts";
import {
  type Device,
  extremes,
  fast,
  loads as common,
  measure,
  type Measured,
  recordsComing,
  slow,
} from "../../../docs/figures/measure.ts";
import { policyFor, type PolicyId } from "../../../docs/figures/roster.ts";
import { AdaptivePolicy } from "../../../policies/adaptive_policy.ts";
import { AgePolicy } from "../../../policies/age_policy.ts";
import { anyOf } from "../../../policies/any_of.ts";
import type { BatchPolicy } from "../../../policies/batch_policy.ts";
import { BytesPolicy } from "../../../policies/bytes_policy.ts";
import { CountPolicy } from "../../../policies/count_policy.ts";
import { LeaderCommitPolicy } from "../../../policies/leader_commit_policy.ts";
import type { Arrival } from "../../../simulator/arrivals.ts";
import { simulate } from "../../../simulator/simulate.ts";
import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
} from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

const loads = { ...common, ...extremes };

/** Figures of a policy, one of the roster's or another. */
function of(
  policy: PolicyId | BatchPolicy,
  load: keyof typeof loads,
  device: Device,
): Measured {
  const used = typeof policy === "string" ? policyFor(policy, device) : policy;
  return measure(used, loads[load], device);
}

/** How much faster the first is on average: 0.2 is a fifth. */
function gain(one: Measured, other: Measured): number {
  assertEquals([one.outcome, other.outcome], ["timely", "timely"]);
  return 1 - one.meanMs / other.meanMs;
}

function assertNear(value: number, expected: number, most: number): void {
  const message = `${value} is not within ${most} of ${expected}`;
  assert(Math.abs(value - expected) <= most, message);
}

test("a lone caller waits for nobody except under an age", () => {
  for (const device of [fast, slow]) {
    const flushMs = device.syncMs + device.costs.writeMs(104);
    const policies = [
      "leader",
      "window",
      "adaptive",
      "count",
      "bytes",
    ] as const;
    for (const name of policies) {
      assertNear(of(name, "lone", device).meanMs, flushMs, 1e-6);
    }
    assertNear(of("age", "lone", device).meanMs, flushMs + 2, 1e-6);
    assertNear(of("any", "lone", device).meanMs, flushMs + 10, 1e-6);
  }
});

test("only policies that batch keep up with a flood", () => {
  for (const device of [fast, slow]) {
    assertEquals(of("alone", "flood", device).outcome, "late");
    assertEquals(of("leader", "flood", device).outcome, "timely");
  }
});

test("on a fast device no policy is much faster than the default", () => {
  for (
    const load of ["lone", "callers", "trickle", "flood", "bursts"] as const
  ) {
    const leader = of("leader", load, fast);
    assertLess(gain(of("adaptive", load, fast), leader), 0.15);
    assertGreater(gain(of("adaptive", load, fast), leader), -0.05);
    for (const name of ["window", "count", "bytes", "age", "any"] as const) {
      assertLess(gain(of(name, load, fast), leader), 0.01);
    }
  }
});

test("no policy is faster than the default for records without a shape", () => {
  for (const load of ["trickle", "flood"] as const) {
    const leader = of("leader", load, slow);
    for (const name of ["window", "adaptive", "age", "any"] as const) {
      assertLess(gain(of(name, load, slow), leader), 0.01);
    }
  }
});

test("callers who wait gain by AdaptivePolicy, and by no fixed window", () => {
  const leader = of("leader", "callers", slow);
  const adaptive = of("adaptive", "callers", slow);
  assertGreater(gain(adaptive, leader), 0.15);
  assertGreater(adaptive.p99Ms, leader.p99Ms);
  assertLess(gain(of("window", "callers", slow), leader), 0.01);
  const longer = of(new LeaderCommitPolicy({ windowMs: 12 }), "callers", slow);
  assertLess(gain(longer, leader), -0.2);
  assertLess(longer.flushesPerSecond, leader.flushesPerSecond / 2);
});

test("bursts gain by a window, by an age, and more by AdaptivePolicy", () => {
  const leader = of("leader", "bursts", slow);
  const window = of("window", "bursts", slow);
  assertGreater(gain(window, leader), 0.15);
  assertLess(window.flushesPerSecond, leader.flushesPerSecond * 0.65);
  assertGreater(gain(of("adaptive", "bursts", slow), window), 0.1);
  assertGreater(gain(of("age", "bursts", slow), window), 0.1);
});

test("minSiblings keeps a trickle from waiting, and lets bursts wait", () => {
  const policy = () => new LeaderCommitPolicy({ windowMs: 4, minSiblings: 8 });
  const trickle = of("leader", "trickle", slow);
  assertNear(gain(of(policy(), "trickle", slow), trickle), 0, 1e-3);
  const bursts = of("window", "bursts", slow);
  assertNear(gain(of(policy(), "bursts", slow), bursts), 0, 0.02);
});

test("AdaptivePolicy keeps up with a deluge, unless its ladder is a cap", () => {
  const leader = of("leader", "deluge", slow);
  assertGreater(gain(of("adaptive", "deluge", slow), leader), -0.05);
  const to = (...ladder: number[]) => new AdaptivePolicy({ ladder });
  assertEquals(of(to(2, 8, 32, 128), "deluge", slow).outcome, "late");
  const longer = of(to(2, 8, 32, 128, 512, 1024), "deluge", slow);
  assertGreater(gain(longer, leader), -0.05);
});

test("a count or bytes below what arrives during a sync do not keep up", () => {
  const count = () => new CountPolicy({ records: 16 });
  assertEquals(of(count(), "flood", fast).outcome, "timely");
  assertEquals(of(count(), "flood", slow).outcome, "late");
  assertEquals(of("count", "deluge", slow).outcome, "late");
  const bytes = new BytesPolicy({ bytes: 16 * 1024 });
  assertEquals(of(bytes, "deluge", slow).outcome, "late");
});

test('a count with "wait" never flushes fewer callers', () => {
  const make = () => new CountPolicy({ records: 100, whenIdle: "wait" });
  assertEquals(of(make(), "callers", slow).outcome, "never");
  assertEquals(of(make(), "flood", slow).outcome, "timely");
});

test("bytes gain where writes take longer than syncs, and only there", () => {
  const bytes = () => new BytesPolicy({ bytes: 2 ** 20 });
  const gainOn = (device: Device) =>
    gain(of(bytes(), "large", device), of("leader", "large", device));
  assertGreater(gainOn(fast), 0.2);
  assertLess(gainOn(slow), -0.1);
  assertEquals(of("bytes", "large", slow).outcome, "late");
});

test("an age bounds the flushes; a busy slow device takes no notice", () => {
  for (const load of ["lone", "callers", "flood", "bursts"] as const) {
    assertLess(
      of(new AgePolicy({ ms: 10 }), load, fast).flushesPerSecond,
      100.1,
    );
  }
  const leader = of("leader", "flood", slow);
  assertNear(gain(of("age", "flood", slow), leader), 0, 0.01);
  assert(
    of("age", "bursts", fast).meanMs > 5 * of("leader", "bursts", fast).meanMs,
  );
});

test("anyOf the number of callers and an age suits callers who wait", () => {
  const policy = anyOf(
    new CountPolicy({ records: 64 }),
    new AgePolicy({ ms: 10 }),
  );
  const found = of(policy, "callers", slow);
  const leader = of("leader", "callers", slow);
  assertGreater(gain(found, leader), 0.15);
  assertLess(found.flushesPerSecond, leader.flushesPerSecond * 0.7);
});

test("the burst's flushes are those that are described", () => {
  const found = new Map(burstRuns().map((run) => [run.policy, run]));
  const sizes = (name: string) =>
    found.get(name)!.flushes.map(({ appends }) => appends);
  const stragglerWaits = (name: string) =>
    found.get(name)!.flushes.at(-1)!.started > 20;
  assertEquals(sizes("leader"), [1, 9, 1]);
  assertEquals(stragglerWaits("leader"), false);
  assertEquals(sizes("leader:2.5"), [1, 9, 1]);
  assertEquals(stragglerWaits("leader:2.5"), true);
  assertEquals(sizes("age:4"), [10, 1]);
  for (const name of ["adaptive", "count:8,age:4"]) {
    assertEquals(sizes(name), [8, 2, 1]);
  }
  for (const name of ["adaptive", "age:4", "count:8,age:4"]) {
    assertEquals(stragglerWaits(name), true);
  }
  const means = [...found.values()].map(({ meanMs }) => meanMs);
  assertEquals(found.get("adaptive")!.meanMs, Math.min(...means));
  for (const name of ["count:4", "bytes:800"]) {
    assertEquals(sizes(name).length, 5);
  }
});

test("an age costs what the page says where a record always waits, and no more", () => {
  const monthMs = 365.25 / 12 * 24 * 60 * 60 * 1000;
  assertEquals(Math.round(monthMs), 2_629_800_000);
  const perMonth = (ms: number, load: keyof typeof loads) =>
    of(new AgePolicy({ ms }), load, fast).flushesPerSecond * monthMs / 1000;
  const dollars = perMonth(10, "flood") * 5 / 1e6;
  assertNear(dollars, 1315, 30);
  assertLess(dollars, 1315);
  assertLess(perMonth(132, "flood") * 5 / 1e6, 100);
  // Those who await their acks add the flush, and a trickle has pauses.
  assertLess(perMonth(10, "callers"), 0.995 * monthMs / 10);
  assertLess(perMonth(10, "trickle"), 0.6 * monthMs / 10);
});

test("the defaults of counts and bytes are short writes on a fast device", () => {
  const bytesMs = (bytes: number) =>
    fast.costs.writeMs(bytes) - fast.costs.writeMs(0);
  assertNear(bytesMs(256 * 104) / fast.syncMs, 1 / 8, 0.01);
  assertNear(bytesMs(65_536) / fast.syncMs, 1 / 3, 0.03);
});

/** The most records that wait for their ack at the same time. */
function mostWaiting(load: readonly Arrival[], { costs }: Device): number {
  const { latencies } = simulate(new LeaderCommitPolicy(), load, costs);
  // Acks come in the order of arrivals.
  let acked = 0;
  let most = 0;
  load.forEach(({ at }, nth) => {
    while (load[acked].at + latencies[acked] <= at && acked < nth) acked++;
    most = Math.max(most, nth + 1 - acked);
  });
  return most;
}

test("fewer than 100 records wait at 10,000 a second, unless syncs are slow", () => {
  const flood = [...recordsComing(10_000)];
  const onFast = mostWaiting(flood, fast);
  assert(onFast > 1 && onFast < 20, `${onFast}`);
  // During a sync of 8 ms, 80 records arrive.
  const onSlow = mostWaiting(flood, slow);
  assert(onSlow > 100 && onSlow < 250, `${onSlow}`);
});

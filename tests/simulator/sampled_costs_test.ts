import fc from "fast-check";
import type { FlushReport } from "../../policies/batch_policy.ts";
import { recordedRun } from "../../simulator/recorded_run.ts";
import { sampledCosts, sampledTurns } from "../../simulator/sampled_costs.ts";
import {
  assert,
  assertEquals,
  assertLess,
  assertThrows,
} from "../kit/assert.ts";
import { test } from "../kit/register.ts";

/** A flush at `startedAt` that takes these ms. */
function flush(
  startedAt: number,
  bytes: number,
  writeMs: number,
  syncMs: number,
): FlushReport {
  const writtenAt = startedAt + writeMs;
  return {
    ...{ reason: "due", records: 1, bytes, firstLsn: 1, lastLsn: 1 },
    ...{ oldestAt: startedAt, startedAt, writtenAt },
    endedAt: writtenAt + syncMs,
  };
}

function times<T>(count: number, make: (nth: number) => T): T[] {
  return Array.from({ length: count }, (_, nth) => make(nth));
}

test("sampledCosts() plays what was seen, at any size and instant", () =>
  fc.assert(fc.property(
    fc.array(
      fc.record({
        at: fc.integer({ min: 0, max: 1e6 }),
        bytes: fc.integer({ min: 0, max: 1e6 }),
        syncMs: fc.integer({ min: 0, max: 99 }),
      }),
      { minLength: 1, maxLength: 200 },
    ),
    fc.double({ min: 0, max: 2e6, noNaN: true }),
    fc.integer({ min: 0, max: 1e7 }),
    fc.nat(),
    (seen, at, bytes, nth) => {
      const flushes = seen.map((one) =>
        flush(one.at, one.bytes, 1, one.syncMs)
      );
      const costs = sampledCosts(flushes);
      assertEquals(costs.writeMs(bytes), 1);
      const played = costs.syncMs(at, bytes, nth);
      assert(seen.some(({ syncMs }) => syncMs === played));
    },
  )));

test("sampledCosts() keeps the distribution, outliers as well", () => {
  const flushes = times(1000, (nth) => flush(nth, 100, 0, nth % 50 ? 1 : 80));
  const costs = sampledCosts(flushes);
  const drawn = times(20_000, (nth) => costs.syncMs(nth / 20, 100, nth));
  const outliers = drawn.filter((ms) => ms === 80).length / drawn.length;
  assertLess(Math.abs(outliers - 1 / 50), 0.005);
});

test("sampledCosts() keeps large flushes and slow times apart", () => {
  const small = times(500, (nth) => flush(nth, 100, 0, nth < 250 ? 1 : 9));
  const large = times(500, (nth) => flush(nth, 1e6, 3, 40));
  const costs = sampledCosts([...small, ...large]);
  assertEquals([costs.writeMs(90), costs.writeMs(2e6)], [0, 3]);
  // What is played may be 64 flushes away.
  for (let at = 0; at < 120; at++) {
    const take = (at: number, bytes: number) => costs.syncMs(at, bytes, at);
    assertEquals([take(at, 100), take(at, 8e5)], [1, 40]);
    assertEquals(take(430 - at, 100), 9);
  }
});

test("sampledCosts() draws the same from the same seed, others from others", () => {
  const flushes = times(64, (nth) => flush(nth, 100, 0, nth));
  const draw = (seed: number) => {
    const costs = sampledCosts(flushes, seed);
    return times(50, (nth) => costs.syncMs(nth + 0.25, 100, nth)).join();
  };
  assertEquals(draw(3), draw(3));
  assertEquals(draw(3) === draw(4), false);
});

test("sampledCosts() plays flushes in blocks, each in order", () => {
  const flushes = times(1000, (nth) => flush(nth * 3, 100, 0, nth % 7));
  const costs = sampledCosts(flushes);
  const played = times(1500, (nth) => costs.syncMs(nth * 3, 100, nth));
  const follow = played.filter((ms, nth) =>
    nth > 0 && ms === (played[nth - 1] + 1) % 7
  );
  assertLess(0.9, follow.length / played.length);
});

test("sampledTurns() plays how long turns took, scaled by their calls", () => {
  const turns = times(200, (nth) => ({
    ...{ at: nth, calls: nth % 2 ? 2 : 100, ms: nth % 2 ? 0.1 : 2 },
  }));
  const { turnMs } = sampledTurns(turns);
  for (let at = 0; at < 300; at++) {
    const found = [2, 51, 100].map((calls) => turnMs!(at, calls));
    assertEquals(found.map((ms) => ms.toFixed(2)), ["0.10", "1.05", "2.00"]);
  }
  assertEquals(sampledTurns([]), {});
  const alone = sampledTurns([{ at: 0, calls: 10, ms: 5 }]);
  assertEquals([1, 10, 20].map((calls) => alone.turnMs!(3, calls)), [
    ...[0.5, 5, 10],
  ]);
});

test("sampledTurns() keeps a pause as long as it was, whatever the turn", () => {
  const turns = times(300, (nth) => ({
    ...{ at: nth, calls: nth % 2 ? 2 : 100, ms: nth % 2 ? 0.1 : 2 },
    ...(nth === 151 && { ms: 10.1 }),
  }));
  const { turnMs } = sampledTurns(turns);
  const found = times(300, (at) => turnMs!(at, 100)).sort((a, b) => a - b);
  assertLess(Math.abs(found.at(-1)! - 12), 0.01);
  assertLess(Math.abs(found.at(-30)! - 2), 0.01);
});

test("sampledCosts() refuses to draw from nothing", () => {
  assertThrows(() => sampledCosts([]), RangeError, "must be a flush");
});

const options = {
  ...{ synchronous: "full", syncIntervalMs: 1000 } as const,
  ...{ maxQueuedBytes: 1024, maxQueuedRecords: 10 },
};

test("recordedRun() matches appends with the flushes that took them", () => {
  const run = recordedRun({
    options,
    arrivals: [
      { at: 1, bytes: 10 },
      { at: 2, bytes: 30, records: 3 },
      { at: 3, bytes: 10 },
      { at: 4, bytes: 10 },
    ],
    flushes: [
      { ...flush(2, 58, 0, 8), records: 4 },
      { ...flush(10, 14, 0, 5), records: 1 },
    ],
    missing: { appends: 0, flushes: 0 },
  })!;
  assertEquals([...run.latencies], [9, 8, 12]);
  assertEquals([run.flushes, run.records, run.busyMs], [2, 5, 13]);
});

test("recordedRun() says nothing about a trace with gaps", () => {
  const missing = { appends: 1, flushes: 0 };
  const run = recordedRun({ options, arrivals: [], flushes: [], missing });
  assertEquals(run, undefined);
});

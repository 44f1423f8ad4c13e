import { RecentOccasions } from "../../policies/_recent_occasions.ts";
import { assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

/** A flush of a batch whose records arrived when `arrived` says. */
function flushOf(arrived: number[], startedAt: number, endedAt: number) {
  const ready = arrived.filter((at) => at <= startedAt).length;
  const flush = {
    reason: "due",
    records: ready,
    bytes: 9,
    firstLsn: 1,
    lastLsn: ready,
    oldestAt: arrived[0],
    startedAt,
    writtenAt: startedAt,
    endedAt,
  } as const;
  const arrivals = {
    ready,
    arrived: arrived.map((at) => ({ at, records: 1 })),
  };
  return [flush, arrivals] as const;
}

test("RecentOccasions knows what arrived while a flush ran", () => {
  const recent = new RecentOccasions();
  recent.add(...flushOf([0], 0, 10));
  assertEquals(recent.occasions(false), []);
  recent.add(...flushOf([2, 7], 10, 20));
  const later = [{ ms: 2, records: 1 }, { ms: 7, records: 1 }];
  const [idle] = recent.occasions(false);
  assertEquals([idle.lagMs, idle.flushMs], [0, 10]);
  assertEquals([idle.records, idle.total, idle.later], [1, 3, later]);
  assertEquals(recent.occasions(true), []);
  recent.add(...flushOf([30], 30, 40));
  const [busy] = recent.occasions(true);
  assertEquals([busy.lagMs, busy.records, busy.total], [8, 2, 2]);
  assertEquals(busy.later, []);
  assertEquals(recent.occasions(false).length, 1);
});

test("RecentOccasions leaves out what arrived after the flush was done", () => {
  const recent = new RecentOccasions();
  recent.add(...flushOf([0], 0, 10));
  recent.add(...flushOf([10, 14], 14, 20));
  recent.add(...flushOf([50], 50, 60));
  assertEquals(recent.occasions(false)[0].later, []);
});

test("RecentOccasions takes the median, and cuts a flush that stalled", () => {
  const recent = new RecentOccasions();
  for (const at of [0, 100, 200, 300]) {
    recent.add(...flushOf([at], at, at + 10));
  }
  recent.add(...flushOf([400], 400, 1400));
  recent.add(...flushOf([430, 460], 1400, 1410));
  recent.add(...flushOf([2000], 2000, 2010));
  assertEquals(recent.flushMs, 10);
  const stalled = recent.occasions(false).at(-1)!;
  assertEquals([stalled.flushMs, stalled.total], [40, 2]);
});

test("RecentOccasions forgets all but the last 24", () => {
  const recent = new RecentOccasions();
  for (let at = 0; at < 5000; at += 100) {
    recent.add(...flushOf([at], at, at + (at < 2500 ? 50 : 5)));
  }
  assertEquals([recent.occasions(false).length, recent.flushMs], [24, 5]);
});

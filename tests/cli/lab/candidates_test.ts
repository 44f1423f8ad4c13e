import {
  candidatesFor,
  chooseBest,
  type Figures,
  figuresOf,
  medianFlushMs,
} from "../../../cli/lab/candidates.ts";
import { parsePolicy } from "../../../policies/parse_policy.ts";
import { NotedRun } from "../../../simulator/simulation.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

function row(name: string, p99Ms: number, meanMs: number): Figures {
  return {
    ...{ name, meanMs, p99Ms, p50Ms: 0, p999Ms: 0, maxMs: 0 },
    ...{
      recordsPerSecond: 1,
      flushesPerSecond: 1,
      recordsPerFlush: 1,
      busyShare: 0,
    },
  };
}

test("chooseBest() takes the lowest p99, then the mean, then the first", () => {
  const best = (...rows: Figures[]) => chooseBest(rows).name;
  assertEquals(best(row("a", 10, 5), row("b", 9, 5)), "b");
  assertEquals(best(row("a", 10, 5), row("b", 9.6, 5)), "a");
  assertEquals(best(row("a", 10, 5), row("b", 9.6, 4)), "b");
  assertEquals(best(row("a", 10, 5), row("b", 20, 1)), "a");
  assertEquals(best(row("a", 10, 5), row("b", 10, 5)), "a");
});

test("candidatesFor() begins with the default and names each policy once", () => {
  for (const flushMs of [0, 0.0004, 0.137, 9.87, 1234]) {
    const names = candidatesFor(flushMs);
    assertEquals(names[0], "leader");
    assertEquals(new Set(names).size, names.length);
    for (const name of names) parsePolicy(name);
  }
  assertEquals(candidatesFor(9.87)[1], "leader:5");
  assertEquals(medianFlushMs([]), 0);
});

test("figuresOf() counts a flush as a request that is paid for", () => {
  const run = new NotedRun();
  run.noteAppend(0, 500);
  const times = { startedAt: 0, writtenAt: 500, endedAt: 500 };
  run.noteFlush({
    ...{ reason: "due", records: 1, bytes: 9, firstLsn: 1, lastLsn: 1 },
    ...{ oldestAt: 0, ...times },
  }, false);
  const { moneyPerMonth, flushesPerSecond } = figuresOf({ name: "", run }, 5);
  assertEquals(flushesPerSecond, 2);
  assertEquals(moneyPerMonth, 2 * 30.4375 * 86_400 * 5 / 1e6);
  assertEquals(figuresOf({ name: "", run }).moneyPerMonth, undefined);
});

test("figuresOf() takes each quantile from the latencies", () => {
  const run = new NotedRun();
  for (let ms = 1; ms <= 10_000; ms++) run.noteAppend(0, ms);
  const { meanMs, p50Ms, p99Ms, p999Ms, maxMs } = figuresOf({ name: "", run });
  assertEquals([p50Ms, p99Ms, p999Ms, maxMs], [5000, 9900, 9990, 10_000]);
  assertEquals(meanMs, 5000.5);
});

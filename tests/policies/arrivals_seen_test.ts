import { ArrivalGroups, ArrivalsSeen } from "../../policies/_arrivals_seen.ts";
import type { FlushReport } from "../../policies/batch_policy.ts";
import { assert, assertEquals, assertLess } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

function flushOf(records: number, oldestAt: number, startedAt: number) {
  const times = { oldestAt, startedAt, writtenAt: startedAt, endedAt: 99 };
  const lsns = { firstLsn: 1, lastLsn: records };
  const report: FlushReport = {
    reason: "due",
    records,
    bytes: 9,
    ...lsns,
    ...times,
  };
  return report;
}

const batch = (records: number, oldestAt: number, newestAt: number) => ({
  records,
  bytes: 9,
  oldestAt,
  newestAt,
});

/** Groups as pairs of an instant and a number of records. */
function pairsOf({ at, records, length }: ArrivalGroups): [number, number][] {
  return Array.from({ length }, (_, nth) => [at[nth], records[nth]]);
}

test("ArrivalsSeen knows what arrived in each turn of a wait", () => {
  const seen = new ArrivalsSeen();
  seen.note(batch(2, 10, 10));
  seen.note(batch(2, 10, 10));
  seen.note(batch(5, 10, 12));
  seen.note(batch(6, 10, 13));
  const groups = seen.take(flushOf(6, 10, 14));
  assertEquals(pairsOf(groups), [[10, 2], [12, 3], [13, 1]]);
  assertEquals([seen.ready, seen.grew], [2, true]);
});

test("ArrivalsSeen knows a batch that never grew, and one it was not asked of", () => {
  const seen = new ArrivalsSeen();
  seen.note(batch(7, 10, 10));
  seen.take(flushOf(7, 10, 10));
  assertEquals([seen.ready, seen.grew], [7, false]);
  seen.note(batch(2, 20, 20));
  seen.note(batch(3, 20, 21));
  seen.take(flushOf(5, 19, 22));
  assertEquals([seen.ready, seen.grew], [5, false]);
});

test("ArrivalsSeen assumes early arrivals where it knows only the ends", () => {
  const seen = new ArrivalsSeen();
  seen.note(batch(17, 10, 20));
  const pairs = pairsOf(seen.take(flushOf(17, 10, 20)));
  assertEquals([seen.ready, pairs.length, pairs[0]], [17, 9, [10, 1]]);
  assertEquals(pairs.slice(1).map(([, records]) => records), Array(8).fill(2));
  const mean = pairs.reduce((sum, [at, records]) => sum + at * records, 0) / 17;
  assert(14 < mean && mean < 14.5, `${mean}`);
  assert(pairs.every(([at], nth) => nth === 0 || at > pairs[nth - 1][0]));
});

test("ArrivalGroups holds any number of arrivals in at most 20 groups", () => {
  for (const count of [20, 21, 41, 1000]) {
    const groups = new ArrivalGroups();
    for (let nth = 1; nth <= count; nth++) groups.add(nth, 2);
    const pairs = pairsOf(groups);
    assert(10 <= pairs.length && pairs.length <= 20, `${pairs.length}`);
    assertEquals([pairs[0], pairs.at(-1)![0]], [[1, 2], count]);
    const sum = pairs.reduce((all, [, records]) => all + records, 0);
    assertEquals(sum, 2 * count);
    // No group stands for much more than its share of the time.
    let last = 0;
    for (const [at] of pairs) {
      assertLess(at - last, Math.max(4, count / 4));
      last = at;
    }
  }
});

import { ArrivalsSeen } from "../../policies/_arrivals_seen.ts";
import type { FlushReport } from "../../policies/batch_policy.ts";
import { assert, assertEquals } from "../kit/assert.ts";
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

test("ArrivalsSeen knows what arrived in each turn of a wait", () => {
  const seen = new ArrivalsSeen();
  seen.note(batch(2, 10, 10));
  seen.note(batch(2, 10, 10));
  seen.note(batch(5, 10, 12));
  seen.note(batch(6, 10, 13));
  assertEquals(seen.take(flushOf(6, 10, 14)), {
    ready: 2,
    arrived: [
      { at: 10, records: 2 },
      { at: 12, records: 3 },
      { at: 13, records: 1 },
    ],
  });
});

test("ArrivalsSeen assumes early arrivals where it knows only the ends", () => {
  const seen = new ArrivalsSeen();
  seen.note(batch(17, 10, 20));
  const { ready, arrived } = seen.take(flushOf(17, 10, 20));
  assertEquals([ready, arrived.length, arrived[0]], [17, 9, {
    at: 10,
    records: 1,
  }]);
  assertEquals(
    arrived.slice(1).map(({ records }) => records),
    Array(8).fill(2),
  );
  const mean = arrived.reduce((sum, { at, records }) => sum + at * records, 0) /
    17;
  assert(14 < mean && mean < 14.5, `${mean}`);
  assert(
    arrived.every(({ at }, index) => index === 0 || at > arrived[index - 1].at),
  );
});

test("ArrivalsSeen spreads what it was not asked about until the flush", () => {
  const seen = new ArrivalsSeen();
  seen.note(batch(1, 10, 10));
  const { ready, arrived } = seen.take(flushOf(3, 10, 20));
  assertEquals([ready, arrived[0]], [1, { at: 10, records: 1 }]);
  assertEquals(arrived.reduce((sum, { records }) => sum + records, 0), 3);
  assert(arrived.at(-1)!.at > 10 && arrived.at(-1)!.at <= 20);
  assertEquals(seen.take(flushOf(4, 10, 10)), {
    ready: 4,
    arrived: [{ at: 10, records: 4 }],
  });
});

test("ArrivalsSeen holds no more than a few numbers of a long wait", () => {
  const seen = new ArrivalsSeen();
  for (let turn = 0; turn < 1000; turn++) {
    seen.note(batch(turn + 1, 0, turn));
  }
  const { arrived } = seen.take(flushOf(1000, 0, 1000));
  assert(arrived.length < 100, `${arrived.length}`);
  assertEquals(arrived.reduce((sum, { records }) => sum + records, 0), 1000);
});

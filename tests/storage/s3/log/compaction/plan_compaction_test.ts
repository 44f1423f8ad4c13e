import {
  COMPACTION_LIMITS,
  lastLarge,
  planMerge,
  planRun,
  type SizedRange,
} from "../../../../../storage/s3/log/compaction/plan_compaction.ts";
import { seeded } from "../../../../../random.ts";
import { assert, assertEquals } from "../../../../kit/assert.ts";
import { test } from "../../../../kit/register.ts";

const limits = { slots: 4, bytes: 100, mergedBytes: 200 };

/** Slots of these sizes from `first` on. */
function slots(first: number, ...sizes: number[]) {
  return sizes.map((size, index) => ({ slot: first + index, size }));
}

test("planRun() waits for enough slots or bytes, and ends before a large one", () => {
  const run = (sizes: number[], until = Infinity) => {
    const found = planRun(slots(11, ...sizes), 10, until, limits);
    return found && [found.firstSlot, found.lastSlot];
  };
  assertEquals(run([]), undefined);
  assertEquals(run([1, 1, 1]), undefined);
  assertEquals(run([1, 1, 1, 1, 1]), [11, 14]);
  assertEquals(run([60, 39]), undefined);
  assertEquals(run([60, 40, 1]), [11, 12]);
  assertEquals(run([99, 99]), [11, 12]);
  assertEquals(run([1, 100]), [11, 11]);
  assertEquals(run([100, 1]), undefined);
  assertEquals(run([1, 1, 1, 1, 1], 13), undefined);
  assertEquals(run([1, 1, 1, 1, 1], 14), [11, 14]);
});

test("planRun() compacts nothing after a slot that is missing", () => {
  const listed = [...slots(11, 1, 1), ...slots(14, 1, 1, 1, 1)];
  assertEquals(planRun(listed, 10, 99, limits), undefined);
  assertEquals(planRun(listed, 9, 99, limits), undefined);
});

test("lastLarge() passes large slots", () => {
  const last = (...sizes: number[]) =>
    lastLarge(slots(11, ...sizes), 10, 13, limits);
  assertEquals(last(), 10);
  assertEquals(last(99, 100), 10);
  assertEquals(last(100, 99), 11);
  assertEquals(last(100, 100, 100, 100), 13);
  assertEquals(lastLarge(slots(12, 100), 10, 13, limits), 10);
});

test("planMerge() keeps the objects of a log few and large, and copies each record about three times", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const choose = seeded(seed);
    const { bytes, mergedBytes } = COMPACTION_LIMITS;
    const most = [2000, 100_000, bytes + bytes / 2][seed % 3];
    let ranges: SizedRange[] = [];
    let [written, copied] = [0, 0];
    for (let at = 0; at < 20_000; at++) {
      const size = 100 + choose(most);
      const last = { firstSlot: at, lastSlot: at, firstLsn: at, lastLsn: at };
      ranges.push({ ...last, size });
      written += size;
      for (;;) {
        const merged = planMerge(ranges, COMPACTION_LIMITS);
        if (merged === undefined) break;
        const sum = merged.reduce((sum, one) => sum + one.size, 0);
        assert(sum < 2 * mergedBytes, `${sum} bytes at once`);
        copied += sum;
        const first = ranges.indexOf(merged[0]);
        const [{ firstSlot }] = merged;
        ranges = [
          ...ranges.slice(0, first),
          { ...merged[merged.length - 1], firstSlot, size: sum },
          ...ranges.slice(first + merged.length),
        ];
      }
    }
    const small = ranges.filter(({ size }) => size < mergedBytes);
    assert(small.length <= 130, `${small.length} small ones, seed ${seed}`);
    assert(copied <= 3 * written, `${copied} of ${written}, seed ${seed}`);
    assertEquals(ranges[0].firstSlot, 0);
    ranges.forEach(({ lastSlot }, index) => {
      assertEquals(lastSlot + 1, ranges[index + 1]?.firstSlot ?? 20_000);
    });
  }
});

test("planMerge() merges only what follows each other", () => {
  const at = (firstSlot: number, lastSlot: number, size: number) => {
    return {
      firstSlot,
      lastSlot,
      firstLsn: firstSlot,
      lastLsn: lastSlot,
      size,
    };
  };
  const tiny = [at(1, 1, 3), at(2, 2, 4), at(3, 3, 5)];
  assertEquals(planMerge(tiny, limits), tiny.slice(0, 2));
  assertEquals(planMerge([at(1, 1, 3), at(3, 3, 5)], limits), undefined);
  assertEquals(planMerge([at(1, 1, 3), at(2, 2, 9)], limits), undefined);
  const small = [at(1, 1, 50), at(2, 2, 90), at(3, 3, 90)];
  assertEquals(planMerge(small, limits), small);
  assertEquals(planMerge(small.slice(1), limits), undefined);
});

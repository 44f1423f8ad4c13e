/**
 * Goal: compacted objects are found by slot and by LSN, however many there are,
 * by few listings.
 *
 * @module
 */
import { CompactedRanges } from "../../../../storage/s3/log/compacted_ranges.ts";
import {
  compactedKey,
  type CompactedRange,
} from "../../../../storage/s3/log/slot_keys.ts";
import type { ObjectStore } from "../../../../storage/s3/object_store.ts";
import { assert, assertEquals } from "../../../kit/assert.ts";
import { test } from "../../../kit/register.ts";

const log = new Uint8Array(16);

/** A store that only lists; counts how often. */
function listing(ranges: readonly CompactedRange[]) {
  const objects = ranges.map((range) => ({ key: compactedKey(range), size: 1 }))
    .sort((one, other) => one.key < other.key ? -1 : 1);
  const store = {
    location: "[memory]",
    lists: 0,
    list({ after = "" }: { after?: string }) {
      store.lists++;
      let [low, high] = [0, objects.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (objects[middle].key > after) high = middle;
        else low = middle + 1;
      }
      const page = objects.slice(low, low + 1000);
      const isTruncated = low + 1000 < objects.length;
      return Promise.resolve({ objects: page, isTruncated });
    },
  };
  return store as unknown as ObjectStore & { lists: number };
}

/** Objects of 10 slots and 20 records, with a gap of 2 slots and 3 records. */
function rangesOf(count: number): CompactedRange[] {
  return Array.from({ length: count }, (_, index) => {
    const firstSlot = 1 + 12 * index;
    const firstLsn = 1 + 23 * index;
    return {
      ...{ firstSlot, lastSlot: firstSlot + 9 },
      ...{ firstLsn, lastLsn: firstLsn + 19 },
    };
  });
}

test("CompactedRanges finds objects by slot and by LSN, one or thousands", async () => {
  for (const count of [0, 1, 2, 999, 1000, 1001, 5000]) {
    const all = rangesOf(count);
    const end = 12 * count + 5;
    const places = [0, 1, 2, 998, 999, 1000, 1001, 2500, 4999, 5000]
      .filter((at) => at <= count);
    for (const at of places) {
      const store = listing(all);
      const ranges = new CompactedRanges(store, log);
      const pick = (index: number) => all[index]?.firstSlot;
      for (const slot of [12 * at + 1, 12 * at + 10]) {
        assertEquals((await ranges.from(slot))?.firstSlot, pick(at));
      }
      assertEquals((await ranges.from(12 * at + 11))?.firstSlot, pick(at + 1));
      for (const lsn of [23 * at + 1, 23 * at + 20]) {
        if (at === count) continue;
        store.lists = 0;
        const fresh = new CompactedRanges(store, log);
        const { before, after } = await fresh.around(lsn, 0, end);
        assertEquals(after?.firstSlot, pick(at));
        if (before) assert(before.lastLsn < lsn);
        assert(store.lists <= 16, `${store.lists} listings`);
      }
      const { before, after } = await ranges.around(23 * at + 21, 0, end);
      assertEquals(after?.firstSlot, pick(at + 1));
      if (at < count) assertEquals(before?.firstSlot, pick(at));
    }
  }
});

test("CompactedRanges.last() finds most of the last page", async () => {
  for (const count of [0, 1, 1000, 1001, 1400, 5000, 30_000]) {
    const store = listing(rangesOf(count));
    const ranges = new CompactedRanges(store, log);
    const last = await ranges.last(1, 12 * count + 5);
    assert(last.length >= Math.min(500, count), `${last.length} of ${count}`);
    assertEquals(last.at(-1)?.firstSlot, rangesOf(count).at(-1)?.firstSlot);
    assert(store.lists <= 20, `${store.lists} listings`);
  }
});

test("CompactedRanges prefers what was merged to what is left of its parts", async () => {
  const [one, two, three, four] = [0, 1, 2, 3].map((at) => {
    const firstSlot = 1 + 10 * at;
    const lastSlot = firstSlot + 9;
    return { firstSlot, lastSlot, firstLsn: firstSlot, lastLsn: lastSlot };
  });
  const merged = { ...four, firstSlot: 1, firstLsn: 1 };
  for (const left of [[], [one], [two], [three, four], [one, three]]) {
    const ranges = new CompactedRanges(listing([...left, merged]), log);
    for (let at = 1; at <= 40; at++) {
      const bySlot = (await ranges.from(at))!;
      assert(bySlot.firstSlot <= at && at <= bySlot.lastSlot);
      const { after } = await ranges.around(at, 0, 99);
      assert(after!.firstLsn <= at && at <= after!.lastLsn);
    }
  }
});

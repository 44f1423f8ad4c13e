import fc from "fast-check";
import {
  type Range,
  SortedMap,
} from "../../../../docs/examples/durable-level/sorted_map.ts";
import { assertEquals } from "../../../kit/assert.ts";
import { test } from "../../../kit/register.ts";

const key = fc.integer({ min: 0, max: 40 }).map((code) =>
  String.fromCharCode(code * 6)
);

/** A key with its value; without one, the key is deleted. */
const change = fc.tuple(
  key,
  fc.option(fc.string(), { nil: undefined, freq: 3 }),
);

const bound = fc.option(key, { nil: undefined });

const range: fc.Arbitrary<Range> = fc.record({
  ...{ gt: bound, gte: bound, lt: bound, lte: bound },
  reverse: fc.boolean(),
});

function made(changes: readonly [string, string | undefined][]) {
  let map = SortedMap.empty;
  const model = new Map<string, string>();
  const versions = [{ map, entries: [] as [string, string][] }];
  for (const [key, value] of changes) {
    map = map.with(key, value);
    if (value === undefined) model.delete(key);
    else model.set(key, value);
    const entries = [...model].sort(([a], [b]) => a < b ? -1 : 1);
    versions.push({ map, entries });
  }
  return versions;
}

function entriesOf(map: SortedMap, range: Range = {}): [string, string][] {
  return [...map.entries(range)].map(({ key, value }) => [key, value]);
}

/** The slow way. */
function within(
  entries: readonly [string, string][],
  { gt, gte, lt, lte, reverse = false }: Range,
): [string, string][] {
  const found = entries.filter(([key]) =>
    (gte === undefined ? gt === undefined || key > gt : key >= gte) &&
    (lte === undefined ? lt === undefined || key < lt : key <= lte)
  );
  return reverse ? found.reverse() : found;
}

test("SortedMap is a map in order, and so are all those it was made from", () => {
  fc.assert(fc.property(fc.array(change, { maxLength: 120 }), (changes) => {
    for (const { map, entries } of made(changes)) {
      assertEquals(entriesOf(map), entries);
      for (const [key, value] of entries) assertEquals(map.get(key), value);
    }
  }));
});

test("SortedMap.entries() finds what a range has, in both directions", () => {
  const changes = fc.array(change, { minLength: 30, maxLength: 90 });
  fc.assert(fc.property(changes, range, (changes, range) => {
    const { map, entries } = made(changes).at(-1)!;
    assertEquals(entriesOf(map, range), within(entries, range));
  }));
});

test("SortedMap stays balanced, whatever the order", () => {
  const count = 1000;
  const orders = [
    (i: number) => i,
    (i: number) => count - i,
    (i: number) => i * 617 % count,
  ];
  for (const order of orders) {
    let map = SortedMap.empty;
    const keyOf = (i: number) => `${order(i)}`.padStart(4, "0");
    for (let i = 0; i < count; i++) map = map.with(keyOf(i), "x");
    for (let i = 0; i < count; i += 3) map = map.with(keyOf(i), undefined);
    // The height of an AVL tree whose sides differ by 2 is at most twice this.
    assertEquals(map.height <= 2 * Math.log2(count), true, `${map.height}`);
  }
});

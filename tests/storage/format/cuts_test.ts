import fc from "fast-check";
import { CutHistory } from "../../../storage/format/cuts.ts";
import { assert, assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

test("CutHistory knows the lowest cut since any other", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50), { maxLength: 60 }), (lsns) => {
      const cuts = new CutHistory();
      for (const lsn of lsns) cuts.add(lsn);
      assertEquals(cuts.count, lsns.length);
      for (let count = 0; count <= lsns.length; count++) {
        const model = Math.min(Infinity, ...lsns.slice(count));
        assertEquals(cuts.lowestSince(count), model);
      }
    }),
  );
});

test("CutHistory never misses one, and is exact about the last 63, of any number", () => {
  const cuts = new CutHistory();
  const count = 10_000;
  for (let lsn = 1; lsn <= count; lsn++) cuts.add(lsn);
  for (let seen = 0; seen < count; seen += seen < count - 100 ? 97 : 1) {
    const lowest = cuts.lowestSince(seen);
    assert(lowest <= seen + 1);
    if (seen >= count - 63) assertEquals(lowest, seen + 1);
  }
  assertEquals(cuts.lowestSince(count), Infinity);
});

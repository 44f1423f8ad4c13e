import { Distribution } from "../../../cli/doctor/histogram.ts";
import { measuredCosts } from "../../../cli/doctor/measured_costs.ts";
import { assertEquals, assertLess } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

/**
 * A result whose runs all took `ms`, except for some that took ten times as
 * long.
 */
function result(bytes: number, ms: number, slow = 0) {
  const all = new Distribution();
  all.add(ms, 1000 - slow);
  if (slow > 0) all.add(ms * 10, slow);
  const trial = { file: "zeroed", call: "blocking", bytes } as const;
  return { trial, all };
}

test("measuredCosts() goes by the size of a flush", () => {
  const costs = measuredCosts([
    result(4096, 2),
    result(512, 1),
    result(65_536, 8),
  ], 1);
  const at = (bytes: number) => Math.round(costs.syncMs(7, bytes, 7) * 10) / 10;
  assertEquals([1, 512, 2304, 4096].map(at), [1, 1, 1.5, 2]);
  assertEquals([34_816, 65_536, 131_072].map(at), [5, 8, 16]);
});

test("measuredCosts() draws outliers as often as they occurred, by flush", () => {
  const costs = measuredCosts([result(512, 1), result(4096, 2, 100)], 1);
  const drawn = Array.from(
    { length: 10_000 },
    (_, nth) => costs.syncMs(0, 4096, nth),
  );
  const slow = drawn.filter((ms) => ms > 15).length / drawn.length;
  assertLess(Math.abs(slow - 0.1), 0.01);
  assertEquals(costs.syncMs(3.5, 4096, 9), costs.syncMs(4, 4096, 9));
});

import fc from "fast-check";
import { logScale } from "../../../cli/lab/log_scale.ts";
import {
  assertEquals,
  assertGreaterOrEqual,
  assertLess,
  assertLessOrEqual,
} from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

test("logScale() has room for every value, and a tick", () =>
  fc.assert(fc.property(
    fc.array(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), {
      minLength: 1,
    }),
    (values) => {
      const { at, ticks } = logScale(values, 100, 500);
      for (const value of [...values, ...ticks]) {
        assertGreaterOrEqual(at(value), 100);
        assertLessOrEqual(at(value), 500);
      }
      assertGreaterOrEqual(ticks.length, 1);
      assertLess(ticks.length, 20);
    },
  )));

test("logScale() of 0.0001725 has a tick, a regression", () => {
  assertEquals(logScale([0.0001725], 0, 1).ticks, [0.00015, 0.0002]);
});

test("logScale() has ticks below the least value where they belong", () => {
  const { at, ticks } = logScale([15.5, 40], 0, 100);
  assertEquals(ticks.slice(0, 2), [15, 20]);
  assertLess(at(15), at(15.5));
  assertEquals(at(0), 0);
});

test("logScale() puts equal factors at equal distances", () => {
  const { at, ticks } = logScale([1, 1000], 0, 300);
  assertEquals(Math.round(at(10) - at(1)), Math.round(at(1000) - at(100)));
  assertEquals(ticks.includes(1) && ticks.includes(100), true);
  assertEquals(logScale([], 0, 1).ticks.length > 0, true);
});

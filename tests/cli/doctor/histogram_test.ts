import fc from "fast-check";
import {
  axisFor,
  Distribution,
  formatAxis,
  formatHistogram,
} from "../../../cli/doctor/histogram.ts";
import { assertEquals, assertLessOrEqual } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

const durations = fc.array(
  fc.double({ min: 1e-4, max: 1e5, noNaN: true }),
  { minLength: 1, maxLength: 200 },
);
const share = fc.double({ min: 1e-3, max: 1, noNaN: true });

function distribute(values: readonly number[]): Distribution {
  const distribution = new Distribution();
  for (const value of values) distribution.add(value);
  return distribution;
}

test("Distribution.quantile() is off by 0.6 % at most", () =>
  fc.assert(fc.property(durations, share, (values, share) => {
    const sorted = values.toSorted((a, b) => a - b);
    const exact = sorted[Math.ceil(share * values.length) - 1];
    const found = distribute(values).quantile(share);
    assertLessOrEqual(Math.abs(found - exact), 0.006 * exact);
  })));

test("Distribution.merge() is as if all had been added to one", () =>
  fc.assert(fc.property(durations, durations, (some, others) => {
    const merged = distribute(some);
    merged.merge(distribute(others));
    const all = distribute([...some, ...others]);
    const sum = (
      values: Distribution,
    ) => [values.count, values.min, values.max, values.quantile(0.5)];
    assertEquals(sum(merged), sum(all));
  })));

test("Distribution accepts values beyond its buckets", () => {
  const { min, max, count } = distribute([0, 1e9]);
  assertEquals([min, max, count], [0, 1e9, 2]);
  assertEquals(distribute([0, 1e9]).quantile(1), 1e9);
  assertEquals(new Distribution().quantile(0.5), NaN);
});

test("Distribution.countBetween() counts each one in one of two ranges", () => {
  const distribution = distribute([1, 2, 3, 50]);
  assertEquals(distribution.countBetween(0, 10), 3);
  assertEquals(distribution.countBetween(10, Infinity), 1);
});

test("formatHistogram() shows the most as the highest, one as the least", () => {
  const distribution = new Distribution();
  distribution.add(0.02, 1000);
  distribution.add(0.05, 500);
  distribution.add(9);
  const axis = axisFor([distribution]);
  assertEquals(formatAxis(axis), "|10us|100us|1ms ");
  assertEquals(formatHistogram(distribution, axis), " █ ▄          ▁");
});

test("formatHistogram() puts what is below a microsecond into its first column", () => {
  const distribution = new Distribution();
  for (const ms of [0, 0.0002, 0.0012, 2]) distribution.add(ms);
  const axis = axisFor([distribution]);
  assertEquals(axis, { fromDecade: -3, toDecade: 1 });
  assertEquals(formatHistogram(distribution, axis), "█               ▃");
});

test("formatHistogram() of nothing is empty", () => {
  const none = new Distribution();
  assertEquals(formatHistogram(none, axisFor([none])), "");
});

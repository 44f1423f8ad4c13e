import {
  axisFor,
  Distribution,
  formatAxis,
  formatHistogram,
} from "../../cli/examine/histogram.ts";
import { formatDuration } from "../../cli/io/format.ts";
import { assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

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

test("formatDuration() shows three digits and a unit", () => {
  const shown = [0, 0.00345, 0.0583, 0.9994, 0.9996, 12.34, 999.6, 87_000]
    .map(formatDuration);
  assertEquals(shown, [
    ...["0.00 us", "3.45 us", "58.3 us", "999 us", "1.00 ms", "12.3 ms"],
    ...["1.00 s", "87.0 s"],
  ]);
  assertEquals(formatDuration(NaN), "-");
});

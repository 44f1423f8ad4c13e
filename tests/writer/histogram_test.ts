import fc from "fast-check";
import { assert, assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";
import { Histogram } from "../../writer/histogram.ts";

/** The value that a share does not exceed, by sorting. */
function exactQuantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1];
}

const values = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 70 }),
    fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  ),
  { minLength: 1, maxLength: 200 },
);

test("Histogram.quantile() is at most 1 part in 32 too large, never too small", () => {
  fc.assert(fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (
    values,
    share,
  ) => {
    const histogram = new Histogram();
    for (const value of values) histogram.add(value);
    const exact = exactQuantile(values, share);
    const found = histogram.quantile(share);
    assert(
      found >= exact && found <= exact * (1 + 1 / 32),
      `${found} ${exact}`,
    );
  }));
});

test("Histogram knows count, sum, max and mean exactly", () => {
  fc.assert(fc.property(values, (values) => {
    const histogram = new Histogram();
    for (const value of values) histogram.add(value);
    const sum = values.reduce((sum, value) => sum + value, 0);
    assertEquals(histogram.count, values.length);
    assertEquals(histogram.sum, sum);
    assertEquals(histogram.max, Math.max(...values));
    assertEquals(histogram.mean, sum / values.length);
    assertEquals(histogram.countUpTo(2 ** 32), values.length);
  }));
});

test("Histogram counts each of its buckets once, at every edge", () => {
  for (let power = 0; power < 32; power++) {
    for (const value of [2 ** power - 1, 2 ** power, 2 ** power + 1]) {
      const histogram = new Histogram();
      histogram.add(value);
      assertEquals(histogram.quantile(0.5), value);
      assertEquals(histogram.countUpTo(value), 1);
      assertEquals(histogram.countUpTo(value - value / 16 - 1), 0, `${value}`);
    }
  }
});

test("Histogram counts in steps of its scale", () => {
  const histogram = new Histogram(1000);
  for (const ms of [0.0004, 0.25, 1.5, 1.5, 80]) histogram.add(ms);
  assertEquals(histogram.quantile(0), 0);
  assertEquals(histogram.quantile(0.4), 0.251);
  assertEquals(histogram.quantile(1), 80);
  assertEquals(histogram.countUpTo(1.5), 4);
});

test("Histogram of nothing has no quantile", () => {
  const histogram = new Histogram();
  assertEquals(histogram.quantile(0.5), NaN);
  assertEquals(histogram.mean, NaN);
  assertEquals(histogram.max, 0);
});

test("Histogram takes what a clock that went back makes of a time", () => {
  const histogram = new Histogram(1000);
  histogram.add(-5);
  histogram.add(NaN);
  histogram.add(2 ** 40);
  assertEquals(histogram.count, 3);
  assertEquals(histogram.quantile(0.5), 0);
});

test("Histogram.since() tells what came after a copy", () => {
  fc.assert(fc.property(values, values, (before, after) => {
    const histogram = new Histogram();
    for (const value of before) histogram.add(value);
    const copy = histogram.copy();
    for (const value of after) histogram.add(value);
    assertEquals(copy.count, before.length);
    const rest = histogram.since(copy);
    assertEquals(rest.count, after.length);
    const alone = new Histogram();
    for (const value of after) alone.add(value);
    for (const share of [0, 0.5, 0.99]) {
      const found = rest.quantile(share);
      const exact = exactQuantile(after, share);
      assert(found >= exact && found <= exact * (1 + 1 / 32));
    }
  }));
});

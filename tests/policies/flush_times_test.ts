import fc from "fast-check";
import { FlushTimes } from "../../policies/_flush_times.ts";
import { assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

interface Flush {
  readonly ms: number;
  readonly endedAt: number;
}

/** The flushes that count, as the rule says it. */
function remembered(flushes: readonly Flush[], most: number, forgetMs: number) {
  const latest = flushes.slice(-most);
  const { endedAt: now } = latest.at(-1)!;
  return latest.filter(({ endedAt }, index) =>
    index >= latest.length - 4 || endedAt >= now - forgetMs
  );
}

const flushes = fc.array(
  fc.record({
    ms: fc.integer({ min: 0, max: 9 }),
    gapMs: fc.integer({ min: 0, max: 30 }),
  }),
  { minLength: 1, maxLength: 40 },
).map((drawn) => {
  let now = 0;
  return drawn.map(({ ms, gapMs }) => ({ ms, endedAt: now += gapMs }));
});

test("FlushTimes has the quantiles and the mean of the flushes that count", () => {
  fc.assert(fc.property(flushes, (flushes) => {
    const times = new FlushTimes(8, 60);
    for (const { ms, endedAt } of flushes) times.add(ms, endedAt);
    const counted = remembered(flushes, 8, 60);
    const sorted = counted.map(({ ms }) => ms).sort((a, b) => a - b);
    assertEquals(times.length, sorted.length);
    assertEquals(times.quantile(1), sorted.at(-1));
    assertEquals(times.quantile(0), sorted[0]);
    const middle = sorted[Math.ceil(sorted.length / 2) - 1];
    assertEquals(times.quantile(0.5), middle);
    const sum = sorted.reduce((all, ms) => all + Math.min(5, ms), 0);
    assertEquals(times.mean(5), sum / sorted.length);
  }));
});

test("FlushTimes is 0 before the first flush", () => {
  const times = new FlushTimes(8, 60);
  assertEquals([times.quantile(0.5), times.mean(1), times.length], [0, 0, 0]);
});

import type { Arrival } from "./arrival.ts";
import { arrivalsByGap } from "./_gaps.ts";
import type { PoissonArrivalsOptions } from "./poisson_arrivals.ts";
import { requireAmount, requireCount, requirePositive } from "./_require.ts";
import { exponential, uniform } from "./_uniform.ts";

/** Options of {@linkcode rampArrivals}. */
export interface RampArrivalsOptions extends PoissonArrivalsOptions {
  /** Records a second in the end, above 0; `perSecond` is that at first. */
  toPerSecond: number;
  /** After how many ms it is reached, above 0; it stays so from then on. */
  rampMs: number;
}

/**
 * Records that come independently of each other, at a rate that rises or falls
 * evenly to another. They can be iterated more than once. Throws `TypeError` or
 * `RangeError` for options out of bounds.
 *
 * @example
 * ```ts
 * import { rampArrivals } from "@syncline/wal/simulator";
 * import assert from "node:assert/strict";
 *
 * const ramp = { perSecond: 100, toPerSecond: 10_000, rampMs: 500 };
 * const arrivals = [...rampArrivals({ count: 5000, ...ramp })];
 * const early = arrivals.filter(({ at }) => at < 100).length;
 * const late = arrivals.filter(({ at }) => 500 < at && at < 600).length;
 * assert.ok(early * 5 < late);
 * ```
 */
export function rampArrivals(options: RampArrivalsOptions): Iterable<Arrival> {
  const { count, bytes = 100, seed = 1 } = options;
  const from = requirePositive("rampArrivals perSecond", options.perSecond);
  const to = requirePositive("rampArrivals toPerSecond", options.toPerSecond);
  const rampMs = requirePositive("rampArrivals rampMs", options.rampMs);
  return arrivalsByGap(
    requireCount("rampArrivals count", count),
    requireAmount("rampArrivals bytes", bytes),
    (nth, at) => {
      const rate = from + (to - from) * Math.min(1, at / rampMs);
      return exponential(uniform(seed, 0, nth), 1000 / rate);
    },
  );
}

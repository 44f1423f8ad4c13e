import type { Arrival } from "./arrival.ts";
import { arrivalsByGap } from "./_gaps.ts";
import { requireAmount, requireCount, requirePositive } from "./_require.ts";
import type { ArrivalsOptions } from "./steady_arrivals.ts";
import { exponential, uniform } from "./_uniform.ts";

/** Options of {@linkcode poissonArrivals}. */
export interface PoissonArrivalsOptions extends ArrivalsOptions {
  /** The same seed gives the same arrivals, an integer. Default 1. */
  seed?: number | undefined;
}

/**
 * Records that come independently of each other: a Poisson process, the sum of
 * many callers who know nothing of one another. They can be iterated more than
 * once. Throws `TypeError` or `RangeError` for options out of bounds.
 *
 * @example
 * ```ts
 * import { poissonArrivals } from "@syncline/wal/simulator";
 * import assert from "node:assert/strict";
 *
 * const [first, second] = poissonArrivals({ count: 1000, perSecond: 100 });
 * assert.deepEqual(first.at, 0);
 * assert.ok(second.at > 0);
 * ```
 */
export function poissonArrivals(
  options: PoissonArrivalsOptions,
): Iterable<Arrival> {
  const { count, perSecond, bytes = 100, seed = 1 } = options;
  const gapMs = 1000 / requirePositive("poissonArrivals perSecond", perSecond);
  return arrivalsByGap(
    requireCount("poissonArrivals count", count),
    requireAmount("poissonArrivals bytes", bytes),
    (nth) => exponential(uniform(seed, 0, nth), gapMs),
  );
}

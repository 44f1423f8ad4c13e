import type { Arrival } from "./arrival.ts";
import { arrivalsByGap } from "./_gaps.ts";
import type { PoissonArrivalsOptions } from "./poisson_arrivals.ts";
import { requireAmount, requireCount, requirePositive } from "./_require.ts";
import { exponential, uniform } from "./_uniform.ts";

/** Options of {@linkcode burstyArrivals}. */
export interface BurstyArrivalsOptions extends PoissonArrivalsOptions {
  /** Records of a burst, an integer of at least 1. Default 16. */
  burst?: number | undefined;
  /** Ms from the first record of a burst to its last, at least 0. Default 0. */
  burstMs?: number | undefined;
}

/**
 * Records that come in bursts, which are independent of each other. `perSecond`
 * is that of the records over all; it has to leave time for the bursts. They
 * can be iterated more than once.
 *
 * Throws `TypeError` or `RangeError` for options out of bounds.
 *
 * @example
 * ```ts
 * import { burstyArrivals } from "@syncline/wal/simulator";
 * import assert from "node:assert/strict";
 *
 * const options = { count: 6, perSecond: 100, burst: 3 };
 * const instants = [...burstyArrivals(options)].map(({ at }) => at);
 * assert.deepEqual(new Set(instants).size, 2);
 * ```
 */
export function burstyArrivals(
  options: BurstyArrivalsOptions,
): Iterable<Arrival> {
  const { count, perSecond, bytes = 100, seed = 1 } = options;
  const burst = requireCount("burstyArrivals burst", options.burst ?? 16);
  const burstMs = requireAmount("burstyArrivals burstMs", options.burstMs ?? 0);
  const gapMs = 1000 / requirePositive("burstyArrivals perSecond", perSecond);
  const pauseMs = requireAmount(
    "burstyArrivals pauses between bursts",
    gapMs * burst - burstMs,
  );
  const stepMs = burst > 1 ? burstMs / (burst - 1) : 0;
  return arrivalsByGap(
    requireCount("burstyArrivals count", count),
    requireAmount("burstyArrivals bytes", bytes),
    (nth) =>
      (nth + 1) % burst > 0
        ? stepMs
        : exponential(uniform(seed, 0, nth), pauseMs),
  );
}

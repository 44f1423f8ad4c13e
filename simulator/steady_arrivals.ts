import type { Arrival } from "./arrival.ts";
import { arrivalsByGap } from "./_gaps.ts";
import { requireAmount, requireCount, requirePositive } from "./_require.ts";

/** Options of {@linkcode steadyArrivals}, and of others that build on it. */
export interface ArrivalsOptions {
  /** How many records come, an integer of at least 1. */
  count: number;
  /** Records a second on average, above 0. */
  perSecond: number;
  /** Bytes of each record, at least 0. Default 100. */
  bytes?: number | undefined;
}

/**
 * Records that come at equal distances, the first at 0 ms. They can be iterated
 * more than once. Throws `TypeError` or `RangeError` for options out of bounds.
 *
 * @example
 * ```ts
 * import { steadyArrivals } from "@syncline/wal/simulator";
 * import assert from "node:assert/strict";
 *
 * const arrivals = steadyArrivals({ count: 3, perSecond: 100 });
 * assert.deepEqual([...arrivals].map(({ at }) => at), [0, 10, 20]);
 * ```
 */
export function steadyArrivals(options: ArrivalsOptions): Iterable<Arrival> {
  const { count, perSecond, bytes = 100 } = options;
  const gapMs = 1000 / requirePositive("steadyArrivals perSecond", perSecond);
  return arrivalsByGap(
    requireCount("steadyArrivals count", count),
    requireAmount("steadyArrivals bytes", bytes),
    () => gapMs,
  );
}

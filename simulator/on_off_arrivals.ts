import type { Arrival } from "./arrival.ts";
import { arrivalsByGap } from "./_gaps.ts";
import type { PoissonArrivalsOptions } from "./poisson_arrivals.ts";
import { requireAmount, requireCount, requirePositive } from "./_require.ts";
import { exponential, uniform } from "./_uniform.ts";

/** Options of {@linkcode onOffArrivals}. */
export interface OnOffArrivalsOptions extends PoissonArrivalsOptions {
  /** For how many ms records come, above 0. Default 100. */
  onMs?: number | undefined;
  /** For how many ms none come then, at least 0. Default 100. */
  offMs?: number | undefined;
}

/**
 * Records that come independently of each other for some time, and then none
 * for some time. `perSecond` is the rate while they come. They can be iterated
 * more than once. Throws `TypeError` or `RangeError` for options out of bounds.
 *
 * @example
 * ```ts
 * import { onOffArrivals } from "@syncline/wal/simulator";
 * import assert from "node:assert/strict";
 *
 * const options = { count: 500, perSecond: 1000, onMs: 10, offMs: 90 };
 * for (const { at } of onOffArrivals(options)) assert.ok(at % 100 < 10);
 * ```
 */
export function onOffArrivals(
  options: OnOffArrivalsOptions,
): Iterable<Arrival> {
  const { count, perSecond, bytes = 100, seed = 1 } = options;
  const onMs = requirePositive("onOffArrivals onMs", options.onMs ?? 100);
  const offMs = requireAmount("onOffArrivals offMs", options.offMs ?? 100);
  const gapMs = 1000 / requirePositive("onOffArrivals perSecond", perSecond);
  return arrivalsByGap(
    requireCount("onOffArrivals count", count),
    requireAmount("onOffArrivals bytes", bytes),
    (nth, at) => {
      const gap = exponential(uniform(seed, 0, nth), gapMs);
      const intoOn = at % (onMs + offMs) + gap;
      return gap + Math.floor(intoOn / onMs) * offMs;
    },
  );
}

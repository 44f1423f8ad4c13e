import { constantCosts, type ConstantCostsOptions } from "./constant_costs.ts";
import type { CostModel } from "./cost_model.ts";
import { requireAmount, requirePositive } from "./_require.ts";
import { uniform } from "./_uniform.ts";

/** Options of {@linkcode driftingCosts}. */
export interface DriftingCostsOptions extends ConstantCostsOptions {
  /** What a sync takes in the end, in ms, at least 0; `syncMs` is at first. */
  toSyncMs?: number | undefined;
  /**
   * After how many ms that is reached, at least 0; it stays so from then on. At
   * 0, and by default, it is so from the first sync on.
   */
  driftMs?: number | undefined;
  /**
   * How far a sync may be from that, as the factor that a normal deviate of 1
   * means, at least 1: 1.3 is a quiet disk, 2 a busy one. Default 1.
   */
  spread?: number | undefined;
  /** The same seed gives the same costs, an integer. Default 1. */
  seed?: number | undefined;
}

/**
 * A device whose syncs take longer and longer, or less and less, by the same
 * factor in the same time, and each of them some factor more or less (a
 * log-normal distribution of which that course is the median). What a sync
 * takes depends on nothing but the instant at which it begins, so it can be
 * used for several runs.
 *
 * Throws `TypeError` or `RangeError` for options out of bounds.
 *
 * @example
 * ```ts
 * import { driftingCosts } from "@syncline/wal/simulator";
 * import assert from "node:assert/strict";
 *
 * const costs = driftingCosts({ syncMs: 1, toSyncMs: 100, driftMs: 1000 });
 * const found = [0, 500, 1000, 2000].map((at) => costs.syncMs(at, 0));
 * assert.deepEqual(found.map(Math.round), [1, 10, 100, 100]);
 * ```
 */
export function driftingCosts(options: DriftingCostsOptions): CostModel {
  const { syncMs, toSyncMs = syncMs, driftMs = 0, spread = 1, seed = 1 } =
    options;
  const { writeMs } = constantCosts(options);
  const from = requirePositive("driftingCosts syncMs", syncMs);
  const to = requirePositive("driftingCosts toSyncMs", toSyncMs);
  requireAmount("driftingCosts driftMs", driftMs);
  const deviation = Math.log(
    1 + requireAmount(
      "driftingCosts spread less 1",
      spread - 1,
    ),
  );
  return {
    writeMs,
    syncMs(at) {
      const share = driftMs > 0 ? Math.min(1, at / driftMs) : 1;
      const median = from * (to / from) ** share;
      return median * Math.exp(deviation * deviate(seed, at));
    },
  };
}

/** A standard normal deviate for an instant, by Box and Muller's method. */
function deviate(seed: number, at: number): number {
  const high = Math.floor(at);
  const low = Math.floor((at - high) * 2 ** 32);
  const radius = Math.sqrt(-2 * Math.log(1 - uniform(seed, high, low)));
  return radius * Math.cos(2 * Math.PI * uniform(seed, low, high));
}

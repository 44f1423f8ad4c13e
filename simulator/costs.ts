import { requireAmount, requirePositive } from "../argument.ts";
import { uniform } from "../random.ts";

/**
 * What a device takes for a flush. Each answer is a finite number of ms, at
 * least 0.
 *
 * One that answers the same for the same arguments can be used in many runs.
 */
export interface CostModel {
  /** How long it takes to write a frame of so many bytes of records, in ms. */
  writeMs(bytes: number): number;
  /** How long a sync takes that begins at an instant, in ms. */
  syncMs(at: number, bytes: number): number;
}

/** Options of {@linkcode constantCosts}. */
export interface ConstantCostsOptions {
  /** Ms that a sync takes, at least 0. */
  syncMs: number;
  /** Ms that a write takes whatever its size, at least 0. Default 0. */
  writeMs?: number | undefined;
  /** Ms that each MiB of a write takes beyond that, at least 0. Default 0. */
  writeMsPerMiB?: number | undefined;
}

/**
 * A device on which every sync takes equally long. Throws `TypeError` or
 * `RangeError` for options out of bounds.
 *
 * @example
 * ```ts
 * import { constantCosts } from "@syncline/wal/simulator";
 * import assert from "node:assert/strict";
 *
 * const costs = constantCosts({ syncMs: 5, writeMsPerMiB: 2 });
 * assert.deepEqual([costs.writeMs(1 << 19), costs.syncMs(0, 0)], [1, 5]);
 * ```
 */
export function constantCosts(options: ConstantCostsOptions): CostModel {
  const { syncMs, writeMs = 0, writeMsPerMiB = 0 } = options;
  requireAmount("simulate", "constantCosts syncMs", syncMs);
  requireAmount("simulate", "constantCosts writeMs", writeMs);
  requireAmount("simulate", "constantCosts writeMsPerMiB", writeMsPerMiB);
  return {
    writeMs: (bytes) => writeMs + bytes / 2 ** 20 * writeMsPerMiB,
    syncMs: () => syncMs,
  };
}

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
  const from = requirePositive("simulate", "driftingCosts syncMs", syncMs);
  const to = requirePositive("simulate", "driftingCosts toSyncMs", toSyncMs);
  requireAmount("simulate", "driftingCosts driftMs", driftMs);
  const deviation = Math.log(
    1 + requireAmount("simulate", "driftingCosts spread less 1", spread - 1),
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

import type { CostModel } from "./cost_model.ts";
import { requireAmount } from "./_require.ts";

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
  requireAmount("constantCosts syncMs", syncMs);
  requireAmount("constantCosts writeMs", writeMs);
  requireAmount("constantCosts writeMsPerMiB", writeMsPerMiB);
  return {
    writeMs: (bytes) => writeMs + bytes / 2 ** 20 * writeMsPerMiB,
    syncMs: () => syncMs,
  };
}

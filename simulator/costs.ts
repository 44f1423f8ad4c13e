import { requireAmount, requirePositive } from "../argument.ts";
import { exp, ln, normal } from "../random.ts";

/**
 * How long a device takes for a flush. Each answer is a finite number of ms, at
 * least 0.
 *
 * A model whose answers depend only on the arguments can be used for many runs.
 */
export interface CostModel {
  /** Ms that writing a frame takes, given the bytes of its records. */
  writeMs(bytes: number): number;
  /**
   * Ms that a sync takes if it begins at the instant `at`, for the flush with
   * the number `nth`, counted from 0 in the run. What is random should depend on
   * that number: an instant may differ by rounding where nothing else does.
   */
  syncMs(at: number, bytes: number, nth: number): number;
  /**
   * Ms from the instant `at`, when a turn of the event loop begins, until the
   * policy is asked: the CPU time of the callers. `calls` is how many appends
   * are made in that turn, and how many records acknowledged. Other appends
   * are made after it. Default 0.
   */
  turnMs?(at: number, calls: number): number;
  /**
   * Whether a flush blocks the event loop, so that appends that would come
   * during it are made when it is done. Default `false`.
   */
  readonly isBlocking?: boolean | undefined;
}

/** Options of {@linkcode constantCosts}. */
export interface ConstantCostsOptions {
  /** How long a sync takes, in ms, at least 0. */
  syncMs: number;
  /** How long a write takes whatever its size, in ms, at least 0. Default 0. */
  writeMs?: number | undefined;
  /** Additional ms per MiB of a write, at least 0. Default 0. */
  writeMsPerMiB?: number | undefined;
}

/**
 * A device on which every sync takes equally long. Throws `TypeError` or
 * `RangeError` for bad options.
 *
 * @example
 * ```ts
 * import { constantCosts } from "@syncline/wal/simulator";
 * import assert from "node:assert/strict";
 *
 * const costs = constantCosts({ syncMs: 5, writeMsPerMiB: 2 });
 * assert.deepEqual([costs.writeMs(1 << 19), costs.syncMs(0, 0, 0)], [1, 5]);
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
  /**
   * Ms that a sync takes at the end, above 0. Default: `syncMs`, as at first.
   */
  toSyncMs?: number | undefined;
  /**
   * Ms until that is reached, at least 0; it stays constant afterwards. At 0,
   * the default, it applies from the first sync on.
   */
  driftMs?: number | undefined;
  /**
   * How far syncs vary: the factor for one standard deviation, at least 1. 1.3
   * is a quiet disk, 2 a busy one. Default 1.
   */
  spread?: number | undefined;
  /** Seed, an integer; the same one gives the same costs. Default 1. */
  seed?: number | undefined;
}

/**
 * A device whose syncs become slower or faster over time, by a constant factor
 * per ms, and vary randomly around that course: a log-normal distribution with
 * the course as its median. How long a sync takes depends only on the instant
 * when it begins and on the number of its flush, so the result can be used for
 * several runs. The same options give the same costs on every runtime, to the
 * last bit.
 *
 * Throws `TypeError` or `RangeError` for bad options.
 *
 * @example
 * ```ts
 * import { driftingCosts } from "@syncline/wal/simulator";
 * import assert from "node:assert/strict";
 *
 * const costs = driftingCosts({ syncMs: 1, toSyncMs: 100, driftMs: 1000 });
 * const found = [0, 500, 1000, 2000].map((at) => costs.syncMs(at, 0, 0));
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
  const deviation = ln(
    requireAmount("simulate", "driftingCosts spread", spread, 1),
  );
  const steps = ln(to / from);
  return {
    writeMs,
    syncMs(at, _bytes, nth) {
      const share = driftMs > 0 ? Math.min(1, at / driftMs) : 1;
      return from * exp(steps * share + deviation * normal(seed, nth));
    },
  };
}

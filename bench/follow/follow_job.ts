import type { LogShape } from "../process/build_log.ts";

/** What the worker does. */
export interface FollowJob extends LogShape {
  /** Callers that append at the same time. */
  readonly callers: number;
  /** How long each number of followers is measured in each round, in ms. */
  readonly sliceMs: number;
  /** Number of rounds. */
  readonly rounds: number;
  /** Number of calls of `last(50)`. */
  readonly calls: number;
}

/** What follows the log, and how fast callers append meanwhile. */
export interface FollowRate {
  /** The call that followers make. */
  readonly call: "none" | "followBatches" | "follow";
  /** How many there are. */
  readonly followers: number;
  /** Records a second, the median of all rounds. */
  readonly opsPerSecond: number;
  /** That rate over the rate without followers, the median of all rounds. */
  readonly share: number;
  /** CPU time of the process per flush in us, the median of all rounds. */
  readonly cpuUs: number;
  /** Records in a flush, on average. */
  readonly recordsPerFlush: number;
}

/** What was found. */
export interface FollowFound {
  readonly rates: readonly FollowRate[];
  /** Records in the log of `last(50)`. */
  readonly records: number;
  /** The first call after the log was opened, in us. */
  readonly firstLastUs: number;
  /** Quantiles of the calls after it, in us. */
  readonly lastUs: { readonly p50: number; readonly p99: number };
}

import { requireInteger, requireOptions } from "../argument.ts";
import { requireWhenIdle } from "./_when_idle.ts";
import type { BatchLimits, BatchPolicy } from "./batch_policy.ts";

/** Options of {@linkcode CountPolicy}. */
export interface CountPolicyOptions {
  /** Most records per flush, an integer of at least 1. Default 256. */
  records?: number | undefined;
  /**
   * `"flush"` (the default): a batch below the count goes as soon as nothing
   * is in flight, so a last odd record is never stranded. `"wait"`: it waits
   * for the count, or for `flush()` or `close()`.
   */
  whenIdle?: "flush" | "wait" | undefined;
}

/**
 * At most N records per flush; flushes at N, or when the queue is drained.
 *
 * A burst of 1000 records in one turn under `records: 128` is seven flushes of
 * 128 and one of 104. Under {@linkcode anyOf} with a policy that waits, such as
 * {@linkcode AgePolicy}, the drained queue waits too.
 *
 * Not for records of very different sizes: its flushes are then of very
 * different cost. With `"wait"` alone, latency has no upper bound.
 *
 * Source: entry-count batching, as in BookKeeper's
 * `journalBufferedEntriesThreshold`.
 *
 * @example
 * ```ts
 * import { CountPolicy } from "@syncline/wal/policies";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(new CountPolicy({ records: 128 }).limits, { records: 128 });
 * ```
 */
export class CountPolicy implements BatchPolicy {
  /** The cap on records. */
  readonly limits: BatchLimits;
  /** What happens to a batch below the count when nothing is in flight. */
  readonly whenIdle: "flush" | "wait";

  /** Throws `RangeError` or `TypeError` where an option is out of bounds. */
  constructor(options: CountPolicyOptions = {}) {
    requireOptions("make CountPolicy", options, ["records", "whenIdle"]);
    const { records = 256, whenIdle = "flush" } = options;
    this.limits = {
      records: requireInteger("make CountPolicy", "records", records),
    };
    this.whenIdle = requireWhenIdle("CountPolicy", whenIdle);
  }

  /** Never: only the limit and the drained queue flush. */
  due(): number {
    return Infinity;
  }
}

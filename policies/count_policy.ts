import { requireInteger, requireOneOf, requireOptions } from "../argument.ts";
import type { BatchLimits, BatchPolicy } from "./batch_policy.ts";

/** Options of {@linkcode CountPolicy}. */
export interface CountPolicyOptions {
  /** Maximum records per flush, an integer of at least 1. Default 256. */
  records?: number | undefined;
  /**
   * `"flush"` (the default): a batch below the count is flushed as soon as no
   * other flush is in flight, so no leftover record is stranded. `"wait"`: it
   * waits for the count, or for `flush()` or `close()`.
   */
  whenIdle?: "flush" | "wait" | undefined;
}

/**
 * Flushes at most N records at a time: at N, or with fewer as soon as no other
 * flush is in flight.
 *
 * With `records: 128`, a burst of 1000 records in one turn becomes seven
 * flushes of 128 and one of 104. Combined by {@linkcode anyOf} with a policy
 * that waits, such as {@linkcode AgePolicy}, a batch below the count waits too.
 *
 * Does not suit records of very different sizes: the cost of its flushes then
 * varies as much. With `"wait"` and no other policy, latency has no upper
 * bound.
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
  /** What happens to a batch below the cap when no flush is in flight. */
  readonly whenIdle: "flush" | "wait";

  /** Throws `RangeError` or `TypeError` if an option is invalid. */
  constructor(options: CountPolicyOptions = {}) {
    const action = "create a CountPolicy";
    requireOptions(action, options, ["records", "whenIdle"]);
    const { records = 256, whenIdle = "flush" } = options;
    this.limits = { records: requireInteger(action, "records", records) };
    const choices = ["flush", "wait"] as const;
    this.whenIdle = requireOneOf(action, "whenIdle", whenIdle, choices);
  }

  /** Never due: only the cap and an idle log flush. */
  due(): number {
    return Infinity;
  }
}

import { requireInteger, requireOneOf, requireOptions } from "../argument.ts";
import type { BatchLimits, BatchPolicy } from "./batch_policy.ts";

/** Options of {@linkcode BytesPolicy}. */
export interface BytesPolicyOptions {
  /** Maximum bytes per flush, an integer of at least 1. Default 65,536. */
  bytes?: number | undefined;
  /** As in `CountPolicy`: `"flush"` (the default) or `"wait"` for the bytes. */
  whenIdle?: "flush" | "wait" | undefined;
}

/**
 * Flushes at most B bytes at a time: at B, or with fewer as soon as no other
 * flush is in flight.
 *
 * The bytes are those of the records as laid out in a frame: each record plus 4
 * bytes for its length. A record larger than B is flushed alone.
 *
 * With `whenIdle: "wait"` and no other policy, latency has no upper bound.
 *
 * Source: size-based batching, as in BookKeeper's
 * `journalBufferedWritesThreshold`.
 *
 * @example
 * ```ts
 * import { BytesPolicy } from "@syncline/wal/policies";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(new BytesPolicy().limits, { bytes: 65536 });
 * ```
 */
export class BytesPolicy implements BatchPolicy {
  /** The cap on bytes. */
  readonly limits: BatchLimits;
  /** What happens to a batch below the cap when no flush is in flight. */
  readonly whenIdle: "flush" | "wait";

  /** Throws `RangeError` or `TypeError` if an option is invalid. */
  constructor(options: BytesPolicyOptions = {}) {
    const action = "create a BytesPolicy";
    requireOptions(action, options, ["bytes", "whenIdle"]);
    const { bytes = 65536, whenIdle = "flush" } = options;
    this.limits = { bytes: requireInteger(action, "bytes", bytes) };
    const choices = ["flush", "wait"] as const;
    this.whenIdle = requireOneOf(action, "whenIdle", whenIdle, choices);
  }

  /** Never due: only the cap and an idle log flush. */
  due(): number {
    return Infinity;
  }
}

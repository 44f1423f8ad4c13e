import { requireInteger, requireOptions } from "../argument.ts";
import { requireWhenIdle } from "./_when_idle.ts";
import type { BatchLimits, BatchPolicy } from "./batch_policy.ts";

/** Options of {@linkcode BytesPolicy}. */
export interface BytesPolicyOptions {
  /** Most bytes per flush, an integer of at least 1. Default 65,536. */
  bytes?: number | undefined;
  /** As in `CountPolicy`: `"flush"` (the default) or `"wait"` for the bytes. */
  whenIdle?: "flush" | "wait" | undefined;
}

/**
 * At most B bytes per flush; flushes at B, or when the queue is drained.
 *
 * The bytes are those of the records as laid out in a frame: each record's
 * own and 4 for its length. A record larger than B goes alone.
 *
 * With `whenIdle: "wait"` alone, latency has no upper bound.
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
  /** What happens to a batch below the cap when nothing is in flight. */
  readonly whenIdle: "flush" | "wait";

  /** Throws `RangeError` or `TypeError` where an option is out of bounds. */
  constructor(options: BytesPolicyOptions = {}) {
    requireOptions("make BytesPolicy", options, ["bytes", "whenIdle"]);
    const { bytes = 65536, whenIdle = "flush" } = options;
    this.limits = { bytes: requireInteger("make BytesPolicy", "bytes", bytes) };
    this.whenIdle = requireWhenIdle("BytesPolicy", whenIdle);
  }

  /** Never: only the limit and the drained queue flush. */
  due(): number {
    return Infinity;
  }
}

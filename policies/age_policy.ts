import { requireAmount, requireOptions } from "../argument.ts";
import type { BatchPolicy, PendingBatch } from "./batch_policy.ts";

/** Options of {@linkcode AgePolicy}. */
export interface AgePolicyOptions {
  /** How long the oldest record waits, in ms, at least 0. Default 2. */
  ms?: number | undefined;
}

/**
 * Flushes when the oldest record has waited `ms`.
 *
 * The age counts until the flush is due to *start*; the write and the sync come
 * on top. A lone writer pays the whole wait for each record: use it where many
 * callers share the log or syncs are expensive. Combine it with a count or
 * bytes by {@linkcode anyOf}; otherwise a batch grows up to 4 MiB.
 *
 * Source: group commit timers (Helland and others, HPTS 1987); BookKeeper's
 * `journalMaxGroupWaitMSec`.
 *
 * @example
 * ```ts
 * import { AgePolicy } from "@syncline/wal/policies";
 * import assert from "node:assert/strict";
 *
 * const policy = new AgePolicy({ ms: 10 });
 * const batch = { records: 3, bytes: 90, oldestAt: 500, newestAt: 504 };
 * assert.deepEqual(policy.due(batch), 510);
 * ```
 */
export class AgePolicy implements BatchPolicy {
  readonly #ms: number;

  /** Throws `RangeError` or `TypeError` if `ms` is invalid. */
  constructor(options: AgePolicyOptions = {}) {
    const action = "create an AgePolicy";
    requireOptions(action, options, ["ms"]);
    const { ms = 2 } = options;
    this.#ms = requireAmount(action, "ms", ms);
  }

  /** The arrival of the oldest record plus the age. */
  due(batch: PendingBatch): number {
    return batch.oldestAt + this.#ms;
  }
}

import type { BatchLimits } from "./policies/batch_policy.ts";
import { MAX_FRAME_BYTES } from "./storage/format/frame.ts";

/**
 * When a batch is sealed: the same for the writer's queue and a simulator's. A
 * policy cannot break it: a limit is at least 1, and what is no number is none.
 */
export class BatchBounds {
  readonly #records: number;
  readonly #bytes: number;

  /** The bounds of a policy's limits. */
  constructor(limits: BatchLimits) {
    this.#records = orUnlimited(limits.records);
    this.#bytes = Math.min(orUnlimited(limits.bytes), MAX_FRAME_BYTES);
  }

  /** Whether a batch that holds something can take so much more. */
  admit(count: number, length: number): boolean {
    return length <= this.#bytes && count <= this.#records;
  }

  /** Whether a batch that holds so much can take nothing more. */
  isReached(count: number, length: number): boolean {
    return count >= this.#records || length >= this.#bytes;
  }
}

function orUnlimited(limit: unknown): number {
  return typeof limit === "number" && !Number.isNaN(limit)
    ? Math.max(1, limit)
    : Infinity;
}

import type { BatchLimits } from "./policies/batch_policy.ts";
import { MAX_FRAME_BYTES } from "./storage/format/frame.ts";

/**
 * Bytes at which a batch is sealed where the policy names no limit. A larger
 * write is no faster per byte, and so the memory for what waits stays in step
 * with what waits. A single record, or records that have to share a frame, may
 * take more.
 */
export const DEFAULT_BATCH_BYTES = 4 * 1024 * 1024;

/**
 * When a batch is sealed: the same for the writer's queue and a simulator's. A
 * policy cannot break it: a limit is at least 1, and what is no number is none.
 */
export class BatchBounds {
  /** Most bytes of a batch, but for a larger record or atomic batch alone. */
  readonly bytes: number;
  readonly #records: number;

  /** The bounds of a policy's limits. */
  constructor(limits: BatchLimits) {
    this.#records = orElse(Infinity, limits.records);
    const bytes = orElse(DEFAULT_BATCH_BYTES, limits.bytes);
    this.bytes = Math.min(bytes, MAX_FRAME_BYTES);
  }

  /** Whether a batch that holds something may come to hold so much. */
  admit(count: number, length: number): boolean {
    return length <= this.bytes && count <= this.#records;
  }

  /** Whether a batch that holds so much can take nothing more. */
  isReached(count: number, length: number): boolean {
    return count >= this.#records || length >= this.bytes;
  }
}

function orElse(unlimited: number, limit: unknown): number {
  return typeof limit === "number" && !Number.isNaN(limit)
    ? Math.max(1, limit)
    : unlimited;
}

import type { Batch } from "./batch.ts";
import type { FlushReason, FlushReport } from "./policies/batch_policy.ts";

/** What is noted of a flush while it is under way. */
export interface FlushTimes {
  /** Why the batch is flushed. */
  reason: FlushReason;
  /** When the write began. */
  startedAt: number;
  /** When the bytes were written. */
  writtenAt: number;
  /** When the sync was done, if there was one, else `writtenAt`. */
  durableAt: number;
}

/** What a policy is told of a flush. */
export function reportFlush(batch: Batch, times: FlushTimes): FlushReport {
  const { count: records, length: bytes, firstLsn, lastLsn, oldestAt } = batch;
  return { records, bytes, firstLsn, lastLsn, oldestAt, ...times };
}

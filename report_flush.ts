import type { Batch } from "./batch.ts";
import { ignoreRejection } from "./ignore_rejection.ts";
import type { BatchPolicy, FlushReason } from "./policies/batch_policy.ts";

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

/** Tells a policy of a flush; it cannot stop the log, whatever it does. */
export function reportFlush(
  policy: BatchPolicy,
  batch: Batch,
  times: FlushTimes,
): void {
  const { count: records, length: bytes, firstLsn, lastLsn, oldestAt } = batch;
  const report = { records, bytes, firstLsn, lastLsn, oldestAt, ...times };
  try {
    ignoreRejection(policy.observe?.(report));
  } catch {
    // Nobody is there to whom it would mean something.
  }
}

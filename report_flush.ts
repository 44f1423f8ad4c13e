import { ignoreRejection } from "./ignore_rejection.ts";
import type {
  BatchPolicy,
  FlushReason,
  FlushReport,
} from "./policies/batch_policy.ts";

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

/** Of a batch, what a report says. */
export type FlushedBatch = Omit<FlushReport, keyof FlushTimes>;

/**
 * Tells a policy of a flush, and returns what it is told; the policy cannot
 * stop the log, whatever it does.
 */
export function reportFlush(
  policy: BatchPolicy,
  batch: FlushedBatch,
  times: FlushTimes,
): FlushReport {
  const { records, bytes, firstLsn, lastLsn, oldestAt } = batch;
  const report = { records, bytes, firstLsn, lastLsn, oldestAt, ...times };
  try {
    ignoreRejection(policy.observe?.(report));
  } catch {
    // Nobody is there to whom it would mean something.
  }
  return report;
}

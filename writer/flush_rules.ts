import type {
  BatchLimits,
  BatchPolicy,
  FlushReason,
  FlushReport,
  PendingBatch,
} from "../policies/batch_policy.ts";
import { MAX_FRAME_BYTES } from "../storage/format/mod.ts";

/** What overrides the policy. */
export interface FlushContext {
  /** The batch has reached a limit: it cannot grow. */
  readonly sealed: boolean;
  /** `flush()` or `close()` waits for it. */
  readonly demanded: boolean;
  /** Producers wait for room in the queue. */
  readonly pressed: boolean;
}

/** Flush now, for a reason; or wait until an instant, which may be never. */
export type FlushDecision =
  | { readonly flush: FlushReason }
  | { readonly waitUntil: number };

/**
 * Whether `batch` is to be flushed now. Pure but for the policy; the same for
 * the writer and a simulator. Asked when no flush is in flight.
 */
export function decideFlush(
  policy: BatchPolicy,
  batch: PendingBatch,
  now: number,
  context: FlushContext,
): FlushDecision {
  if (context.sealed) return { flush: "limit" };
  if (context.demanded) return { flush: "demand" };
  if (context.pressed) return { flush: "pressure" };
  try {
    return askPolicy(policy, batch, now);
  } catch {
    return { flush: "fault" };
  }
}

/** May throw whatever the policy throws. */
function askPolicy(
  policy: BatchPolicy,
  batch: PendingBatch,
  now: number,
): FlushDecision {
  const { records, bytes, oldestAt, newestAt } = batch;
  const due = policy.due({ records, bytes, oldestAt, newestAt }, now);
  handleRejection(due);
  if (typeof due !== "number" || Number.isNaN(due)) return { flush: "fault" };
  if (due <= now) return { flush: "due" };
  if (policy.whenIdle === "flush") return { flush: "idle" };
  return { waitUntil: due };
}

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
    const { records, bytes } = limits;
    // NaN is no bound either.
    this.#records = typeof records === "number"
      ? Math.max(1, records) || Infinity
      : Infinity;
    const bound = typeof bytes === "number"
      ? Math.max(1, bytes) || DEFAULT_BATCH_BYTES
      : DEFAULT_BATCH_BYTES;
    this.bytes = Math.min(bound, MAX_FRAME_BYTES);
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
    handleRejection(policy.observe?.(report));
  } catch {
    // The log does not depend on what a policy does with a report.
  }
  return report;
}

/**
 * Keeps a policy that answers with a promise from ending the process: an
 * unhandled rejection would.
 */
export function handleRejection(answer: unknown): void {
  if (answer instanceof Promise) answer.catch(() => {});
}

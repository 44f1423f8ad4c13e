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
  /** The batch has reached a limit and cannot grow. */
  readonly sealed: boolean;
  /** `flush()` or `close()` waits for it. */
  readonly demanded: boolean;
  /** Appends wait for room in the queue. */
  readonly pressed: boolean;
  /** Another flush is in flight: the log is not idle. Default: false. */
  readonly busy?: boolean;
}

/** Flush now, with a reason, or wait until an instant; `Infinity` is never. */
export type FlushDecision =
  | { readonly flush: FlushReason }
  | { readonly waitUntil: number };

/**
 * Whether to flush `batch` now. Pure except for the policy, and shared by the
 * writer and the simulator. Called when one more flush can begin.
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
    return askPolicy(policy, batch, now, context.busy);
  } catch {
    return { flush: "fault" };
  }
}

/** Throws whatever the policy throws. */
function askPolicy(
  policy: BatchPolicy,
  batch: PendingBatch,
  now: number,
  busy = false,
): FlushDecision {
  const { records, bytes, oldestAt, newestAt } = batch;
  const due = policy.due({ records, bytes, oldestAt, newestAt }, now);
  handleRejection(due);
  if (typeof due !== "number" || Number.isNaN(due)) return { flush: "fault" };
  if (due <= now) return { flush: "due" };
  if (policy.whenIdle === "flush" && !busy) return { flush: "idle" };
  return { waitUntil: due };
}

/**
 * Bytes at which a batch is sealed if the policy names no limit. A larger write
 * is no faster per byte, and this cap keeps memory in step with what waits. A
 * single record, or records that must share a frame, may exceed it.
 */
export const DEFAULT_BATCH_BYTES = 4 * 1024 * 1024;

/** What the queue holds at most, unless options say otherwise. */
export const DEFAULT_QUEUE = {
  maxQueuedBytes: 64 * 1024 * 1024,
  maxQueuedRecords: 10_000,
} as const;

/**
 * When a batch is sealed; shared by the writer's queue and the simulator's. A
 * policy cannot break it: limits are at least 1, and values that are not
 * numbers are ignored.
 */
export class BatchBounds {
  /** Maximum bytes of a batch, except for a larger record or atomic batch. */
  readonly bytes: number;
  readonly #records: number;
  readonly #limits: BatchLimits | undefined;

  /** The bounds for a policy's limits. */
  constructor(limits: BatchLimits | undefined) {
    this.#limits = limits;
    const { records, bytes } = limits ?? {};
    // NaN is ignored as well.
    this.#records = typeof records === "number"
      ? Math.max(1, records) || Infinity
      : Infinity;
    const bound = typeof bytes === "number"
      ? Math.max(1, bytes) || DEFAULT_BATCH_BYTES
      : DEFAULT_BATCH_BYTES;
    this.bytes = Math.min(bound, MAX_FRAME_BYTES);
  }

  /**
   * The bounds once `policy` has observed a flush: the same object if its limits
   * are the same, or cannot be read.
   */
  after(policy: BatchPolicy): BatchBounds {
    try {
      const { limits } = policy;
      return limits === this.#limits ? this : new BatchBounds(limits);
    } catch {
      return this;
    }
  }

  /** Whether a nonempty batch may grow to this size. */
  admit(count: number, length: number): boolean {
    return length <= this.bytes && count <= this.#records;
  }

  /** Whether a batch of this size is full. */
  isReached(count: number, length: number): boolean {
    return count >= this.#records || length >= this.bytes;
  }
}

/** A batch that can take in the one after it. */
interface JoinableBatch {
  readonly records: number;
  readonly bytes: number;
  /** Whether nothing may be added to it. */
  readonly isEnded?: boolean;
  absorb(next: this): void;
}

/** Joins neighbors as far as the bounds allow; leaves out empty batches. */
export function joinWithin<Batch extends JoinableBatch>(
  bounds: BatchBounds,
  batches: readonly Batch[],
): Batch[] {
  const joined: Batch[] = [];
  for (const next of batches) {
    if (next.records === 0) continue;
    const last = joined.at(-1);
    const isJoined = last !== undefined && !last.isEnded &&
      bounds.admit(last.records + next.records, last.bytes + next.bytes);
    if (isJoined) last.absorb(next);
    else joined.push(next);
  }
  return joined;
}

/** How many flushes there were for each reason: none. */
export function noReasons(): Record<FlushReason, number> {
  return { due: 0, limit: 0, idle: 0, demand: 0, pressure: 0, fault: 0 };
}

/** What is recorded about a flush while it runs. */
export interface FlushTimes {
  /** Why the batch is flushed. */
  reason: FlushReason;
  /** When the write began. */
  startedAt: number;
  /** When the bytes were written. */
  writtenAt: number;
  /** When the flush ended: with its sync, or at `writtenAt` without one. */
  endedAt: number;
  /** Ms that waking up took; absent if no thread made the flush. */
  wakeMs?: number;
}

/** The fields of a report that describe the batch. */
export type FlushedBatch = Omit<FlushReport, keyof FlushTimes>;

/**
 * Reports a flush to the policy and returns the report; `queued` records wait.
 * The policy cannot stop the log, whatever it does.
 */
export function reportFlush(
  policy: BatchPolicy,
  batch: FlushedBatch,
  times: FlushTimes,
  queued: number,
): FlushReport {
  const { records, bytes, firstLsn, lastLsn, oldestAt } = batch;
  const report = { records, bytes, firstLsn, lastLsn, oldestAt, ...times };
  try {
    handleRejection(policy.observe?.(report, queued));
  } catch {
    // The log does not depend on what a policy does with a report.
  }
  return report;
}

/**
 * Keeps a policy that returns a promise from ending the process with an
 * unhandled rejection.
 */
function handleRejection(answer: unknown): void {
  if (answer instanceof Promise) answer.catch(() => {});
}

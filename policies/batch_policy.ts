/** What a policy can know about the waiting records: numbers, never bytes. */
export interface PendingBatch {
  /** Records in the batch, at least 1. */
  readonly records: number;
  /**
   * Bytes of those records as laid out on storage, without the frame header.
   */
  readonly bytes: number;
  /** When the first record arrived, in ms on the log's clock. */
  readonly oldestAt: number;
  /** When the last record arrived, in ms on the log's clock. */
  readonly newestAt: number;
}

/** Why a batch was flushed; see {@linkcode FlushReport}. */
export type FlushReason =
  /** The batch was due, according to the policy. */
  | "due"
  /** The batch reached a limit, or had no room for the next record. */
  | "limit"
  /** No flush was in flight, and the policy says `whenIdle: "flush"`. */
  | "idle"
  /** `flush()` or `close()` asked for it. */
  | "demand"
  /** The queue was full, and appends were waiting for room. */
  | "pressure"
  /** The policy threw or did not answer with a number. */
  | "fault";

/** What one flush did and cost. */
export interface FlushReport {
  /** Why the batch was flushed. */
  readonly reason: FlushReason;
  /** Records in the frame. */
  readonly records: number;
  /** Bytes of the frame's records as laid out, without the header. */
  readonly bytes: number;
  /** LSN of the first record. */
  readonly firstLsn: number;
  /** LSN of the last record. */
  readonly lastLsn: number;
  /** When the first record arrived, in ms on the log's clock. */
  readonly oldestAt: number;
  /** When the write began, in ms on the log's clock. */
  readonly startedAt: number;
  /** When the bytes were written, in ms on the log's clock. */
  readonly writtenAt: number;
  /** When the flush ended: with its sync, or at `writtenAt` without one. */
  readonly endedAt: number;
  /**
   * Ms that it took to wake up the flush thread, and this one afterwards; absent
   * if no thread made the flush.
   */
  readonly wakeMs?: number;
}

/** Caps on a batch, which is sealed when it reaches one. */
export interface BatchLimits {
  /**
   * Maximum records in a batch, an integer of at least 1. Default: no limit.
   */
  readonly records?: number | undefined;
  /** Maximum bytes in a batch, an integer of at least 1. Default 4,194,304. */
  readonly bytes?: number | undefined;
}

/**
 * Decides *when* a batch is flushed and how large it may grow; nothing else.
 *
 * A policy is pure: it has no timer, does no I/O and reads no clock. It is
 * asked once per turn of the event loop, while another flush may begin, so a
 * burst of appends in one turn is judged as a whole and the policy costs
 * nothing per record. That is while no flush is in flight, except on a log whose
 * commits overlap, such as one on an object store: there it may be while several
 * are. The same object runs in the writer on real time and in a simulator on
 * virtual time.
 *
 * A policy cannot break safety. Whatever it answers (never, `NaN`, an
 * exception, nonsense), no record is acknowledged early, lost or reordered, and
 * `flush()`, `close()` and a full queue still flush. An exception, or an answer
 * that is not a number, flushes at once.
 *
 * A policy with state (one that learns in `observe`) must serve only one log.
 *
 * @example A policy that flushes at every tenth of a second
 * ```ts
 * import type { BatchPolicy } from "@syncline/wal/policies";
 * import assert from "node:assert/strict";
 *
 * const tenths: BatchPolicy = {
 *   due: (batch) => Math.ceil(batch.oldestAt / 100) * 100,
 * };
 *
 * const batch = { records: 1, bytes: 9, oldestAt: 730, newestAt: 730 };
 * assert.deepEqual(tenths.due(batch, 731), 800);
 * ```
 */
export interface BatchPolicy {
  /**
   * Caps on a batch. Read when the log is opened, and after each call of
   * `observe`: a policy may change them there, by a new object. Batches that
   * wait are then put together as far as the new caps allow.
   */
  readonly limits?: BatchLimits | undefined;
  /**
   * What to do with a batch that is not yet due while no flush is in flight:
   * `"flush"` it, or `"wait"` (the default) until it is due.
   */
  readonly whenIdle?: "flush" | "wait" | undefined;
  /**
   * The instant, in ms on the log's clock, when `batch` is due. An instant at
   * or before `now` flushes it; `Infinity` waits for a limit or another record.
   *
   * Asked again at the instant it named, a policy must say that the same batch
   * is due. A policy that keeps naming a later instant, such as `now + 0.001`,
   * is asked turn after turn: the record waits forever, and one core is kept
   * busy. The log does not prevent that; `policyLaws` of
   * `@syncline/wal/testing` detects it.
   */
  due(batch: PendingBatch, now: number): number;
  /**
   * Called with the cost of each flush, once per flush, in order, and with the
   * number of records that are in the queue when it has ended. If commits
   * overlap, the queue includes those in flight, and a flush may have begun
   * before the one before it had ended.
   */
  observe?(flush: FlushReport, queuedRecords: number): void;
}

/** What a policy may know of the records that wait: numbers, never bytes. */
export interface PendingBatch {
  /** Records in the batch, at least 1. */
  readonly records: number;
  /** Bytes of those records as they will lie on storage, without the header. */
  readonly bytes: number;
  /** The instant, in ms on the log's clock, at which the first came. */
  readonly oldestAt: number;
  /** The instant, in ms on the log's clock, at which the last came. */
  readonly newestAt: number;
}

/** Why a batch was flushed; see {@linkcode FlushReport}. */
export type FlushReason =
  /** The policy's `due` had passed. */
  | "due"
  /** The batch had reached its limits, or had no room for the next record. */
  | "limit"
  /** Nothing else was waiting and the policy says `whenIdle: "flush"`. */
  | "idle"
  /** `flush()`, `close()` or `settled()` asked for it. */
  | "demand"
  /** The queue was full and producers were waiting for room. */
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
  /** When the first record came, in ms on the log's clock. */
  readonly oldestAt: number;
  /** When the write began, in ms on the log's clock. */
  readonly startedAt: number;
  /** When the bytes were written, in ms on the log's clock. */
  readonly writtenAt: number;
  /** When the sync was done; equals `writtenAt` when nobody asked for one. */
  readonly durableAt: number;
}

/** Caps on a batch; it is sealed on reaching one. */
export interface BatchLimits {
  /** Most records in a batch, an integer of at least 1. Default: no limit. */
  readonly records?: number | undefined;
  /** Most bytes in a batch, an integer of at least 1. Default 4,194,304. */
  readonly bytes?: number | undefined;
}

/**
 * Decides *when* a batch is flushed and how large it may grow; nothing else.
 *
 * A policy is pure: it has no timer, does no I/O and reads no clock. It is
 * asked once per turn of the event loop, when no flush is in flight, so a burst
 * of appends in one turn is judged as a whole and the policy costs nothing per
 * record. The same object runs in the writer on real time and in a simulator
 * on virtual time.
 *
 * A policy cannot break safety. Whatever it answers (never, `NaN`, an
 * exception, nonsense), no record is acknowledged early, lost or reordered,
 * and `flush()`, `close()` and a full queue still flush. An answer that is not
 * a number, or an exception, flushes at once.
 *
 * An object with state (one that learns in `observe`) belongs to one log.
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
  /** Caps on a batch. Read once, on opening. */
  readonly limits?: BatchLimits | undefined;
  /**
   * What becomes of a batch for which `due` is in the future when no flush is
   * in flight: `"flush"` it, or `"wait"` (the default) until it is due.
   */
  readonly whenIdle?: "flush" | "wait" | undefined;
  /**
   * The instant, in ms on the log's clock, from which `batch` is due: at or
   * before `now` flushes it, `Infinity` waits for a limit or another record.
   *
   * Asked again at the instant that it named, a policy has to say that the
   * same batch is due. One that then names a later instant, such as
   * `now + 0.001` each time, is asked in turn after turn: the record waits for
   * ever and one core is busy with it. Nothing in the log prevents that;
   * `policyLaws` of `@syncline/wal/testing` finds it.
   */
  due(batch: PendingBatch, now: number): number;
  /** Told what each flush cost, once per flush, in order. */
  observe?(flush: FlushReport): void;
}

import { invariant } from "../invariant.ts";
import type { FlushReason } from "../policies/batch_policy.ts";
import {
  type CommitEnd,
  type CommitThread,
  CompactedError,
  type FrameDraft,
  type FrameLog,
} from "../storage/frame_log.ts";
import type { MaybePromise } from "../storage/storage.ts";
import { StorageFullError } from "../storage/storage_error.ts";
import type { Acks } from "./acks.ts";
import type { Batch } from "./batch.ts";
import type { Clock } from "./clock.ts";
import type { FlushTimes } from "./flush_rules.ts";

/** A flush, or a sync alone, that has begun. */
export interface Flight {
  /** Absent if it is a sync alone. */
  readonly batch?: Batch | undefined;
  readonly times: FlushTimes;
  /** The thread that does it, unless that cannot. */
  thread?: CommitThread | undefined;
  /** Whether its frame is written, if it has one. */
  isWritten: boolean;
  /** Whether a call that blocks has gone ahead of it, before its sync ended. */
  isOvertaken: boolean;
  /** Reports its end; set once it has ended. */
  land: (() => void) | undefined;
}

/**
 * What is in progress, in the order in which it began: at most one flush or
 * sync, or as many flushes as the pipeline of the log is deep.
 */
export class Flights {
  readonly #depth: number;
  readonly #flights: Flight[] = [];

  /** None yet. */
  constructor({ pipeline }: FrameLog) {
    this.#depth = pipeline?.depth ?? 1;
  }

  /** The one that began first, if any. */
  get oldest(): Flight | undefined {
    return this.#flights[0];
  }

  /** Whether one is in progress, and another may begin. */
  get hasRoom(): boolean {
    const { length } = this.#flights;
    return length > 0 && length < this.#depth;
  }

  /** One begins. */
  begin(flight: Flight): void {
    const { length } = this.#flights;
    invariant(length < this.#depth, "more in flight than may be");
    this.#flights.push(flight);
  }

  /** Reports those that have ended, up to the first that has not. */
  land(): void {
    while (this.#flights[0]?.land) this.#flights.shift()!.land!();
  }
}

/** A flush of `batch`, or a sync alone, that begins now. */
export function beginFlight(
  reason: FlushReason,
  now: number,
  batch?: Batch,
): Flight {
  const times = { reason, startedAt: now, writtenAt: now, endedAt: now };
  const isWritten = batch === undefined;
  return { batch, times, isWritten, isOvertaken: false, land: undefined };
}

/** The writer's callbacks for a {@linkcode commit}. */
export interface CommitSteps {
  /** Whether to sync; asked before anything is. */
  needsSync(): boolean;
  /** Called when the frame is written, `agoMs` ago, with its time if known. */
  written(agoMs: number, time?: number | void): void;
  /**
   * Called when all is done, and this process still owns the log; with `end` if
   * a thread has done it.
   */
  confirmed(synced: boolean, end?: CommitEnd): void;
  /** Called if there is no space: nothing of the frame was written. */
  refused(error: StorageFullError): void;
  /** Called on failure; the state of the frame is then unknown. */
  failed(error: unknown): void;
}

/** What follows a commit that has not failed. */
export type CommitEndings = Pick<CommitSteps, "confirmed" | "refused">;

/**
 * The only way to an acknowledgement: write the frame, if there is one, sync if
 * asked to, and only then check that this process still owns the log. An owner
 * that takes over after the check finds everything that was synced before it.
 * All of it happens on `thread`, if that can do it. A log with a pipeline does
 * all of it in one call.
 */
export function commit(
  log: FrameLog,
  thread: CommitThread | undefined,
  frame: FrameDraft | undefined,
  steps: CommitSteps,
): void {
  const failed = (error: unknown) => steps.failed(error);
  const { pipeline } = log;
  if (pipeline && frame) {
    return continueWith(() => pipeline.commit(frame), (time) => {
      steps.written(0, time);
      steps.confirmed(true);
    }, failed);
  }
  try {
    if (thread && commitOnThread(thread, frame, steps)) return;
  } catch (error) {
    return failed(error);
  }
  const confirm = (synced: boolean) =>
    continueWith(() => log.checkOwner(), () => steps.confirmed(synced), failed);
  const begun = (error: unknown) =>
    error instanceof StorageFullError ? steps.refused(error) : failed(error);
  const sync = (fail: (error: unknown) => void) =>
    continueWith(() => log.sync(), () => confirm(true), fail);
  if (frame === undefined) return sync(begun);
  const written = () => {
    steps.written(0);
    if (steps.needsSync()) sync(failed);
    else confirm(false);
  };
  continueWith(() => log.append(frame), written, begun);
}

/** The same on a thread; false if it cannot. */
function commitOnThread(
  thread: CommitThread,
  frame: FrameDraft | undefined,
  steps: CommitSteps,
): boolean {
  const sync = frame === undefined || steps.needsSync();
  return thread.commit(frame, sync, (end) => {
    const { failure } = end;
    if (failure === undefined) {
      if (frame !== undefined) steps.written(end.syncMs);
      return steps.confirmed(sync, end);
    }
    const { during, error } = failure;
    const hasBegun = frame !== undefined && during === "sync";
    if (error instanceof StorageFullError && !hasBegun) steps.refused(error);
    else steps.failed(error);
  });
}

/**
 * Calls `call`, then `next`: in the same turn if the call returns no promise,
 * otherwise when its promise resolves. Calls `fail` if it throws or rejects.
 */
function continueWith<Value>(
  call: () => MaybePromise<Value>,
  next: (value: Value) => void,
  fail: (error: unknown) => void,
): void {
  let answer: MaybePromise<Value>;
  try {
    answer = call();
  } catch (error) {
    return fail(error);
  }
  const then = (answer as Promise<Value> | undefined)?.then;
  if (typeof then === "function") (answer as Promise<Value>).then(next, fail);
  else next(answer as Value);
}

/** The LSN up to which to sync, beyond what batches ask for. */
export class SyncSchedule {
  readonly #clock: Clock;
  #intervalMs: number;
  readonly #ask: () => void;
  #lsn = 0;
  #cancel: (() => void) | undefined;

  /** Records stay unsynced for at most `intervalMs`; can be `Infinity`. */
  constructor(clock: Clock, intervalMs: number, ask: () => void) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#ask = ask;
  }

  /** Changes the interval for what is written from now on. */
  configure(intervalMs: number, progress: Acks): void {
    if (intervalMs === this.#intervalMs) return;
    this.#intervalMs = intervalMs;
    this.cancel();
    this.update(progress);
  }

  /** Requests a sync up to `lsn`, once that is written. */
  raise(lsn: number): void {
    this.#lsn = Math.max(this.#lsn, lsn);
    this.#ask();
  }

  /** Withdraws requests beyond `lsn`. */
  lower(lsn: number): void {
    this.#lsn = Math.min(this.#lsn, lsn);
  }

  /** Whether a batch that begins at `lsn` must be synced. */
  reaches(lsn: number): boolean {
    return this.#lsn >= lsn;
  }

  /** Whether written records must be synced now. */
  isDue({ writtenLsn, durableLsn }: Acks): boolean {
    return Math.min(this.#lsn, writtenLsn) > durableLsn;
  }

  /** Called after each flush with the progress of the log. */
  update({ writtenLsn, durableLsn }: Acks): void {
    if (durableLsn >= writtenLsn) return this.cancel();
    if (this.#intervalMs === Infinity || this.#cancel !== undefined) return;
    this.#cancel = this.#clock.after(this.#intervalMs, () => {
      this.#cancel = undefined;
      this.raise(writtenLsn);
    });
  }

  /** Cancels the timer, if there is one. */
  cancel(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}

/**
 * When the log falls idle, no frame will soon say that the last one is synced,
 * which readers in other processes wait for: a mark says so.
 */
export class SyncMark {
  readonly #log: FrameLog;
  /** LSN up to which something on storage says that all is durable. */
  #lsn: number;

  /** What is durable when a log is opened, its manifest says. */
  constructor(log: FrameLog, { durableLsn }: Acks) {
    this.#log = log;
    this.#lsn = durableLsn;
  }

  /** Whether nothing says yet how far all is durable. */
  isDue({ durableLsn }: Acks): boolean {
    return durableLsn > this.#lsn && this.#log.markSynced !== undefined;
  }

  /** The log was cut back to `lsn`. */
  lower(lsn: number): void {
    this.#lsn = Math.min(this.#lsn, lsn);
  }

  /** Writes it, then calls `done`, or `fail` if that fails. */
  write(
    { durableLsn }: Acks,
    done: () => void,
    fail: (error: unknown) => void,
  ): void {
    this.#lsn = durableLsn;
    continueWith(() => this.#log.markSynced!(), done, fail);
  }
}

/**
 * Cuts a log back to record `lsn`, once nothing else changes it. Returns whether
 * that was done, and what went wrong; throws if its state is unknown.
 */
export async function cutBack(
  log: FrameLog,
  lsn: number,
  earlier: Promise<unknown>,
): Promise<{ isCut: boolean; problem?: unknown }> {
  await earlier;
  const { firstLsn, lastLsn } = log;
  if (lsn < firstLsn - 1) {
    const problem = new CompactedError(lsn, firstLsn, "cut the log back to");
    return { isCut: false, problem };
  }
  try {
    await log.truncateAfter!(lsn);
    return { isCut: lsn < lastLsn };
  } catch (problem) {
    const isCut = log.lastLsn === lsn && lsn < lastLsn;
    const isRefused = problem instanceof StorageFullError ||
      problem instanceof TypeError;
    if (isCut || isRefused) return { isCut, problem };
    throw problem;
  }
}

import type { FrameDraft, FrameLog } from "../storage/frame_log.ts";
import { StorageFullError } from "../storage/storage_error.ts";
import type { MaybePromise } from "../storage/storage.ts";
import type { Acks } from "./acks.ts";
import type { Clock } from "./clock.ts";

/** What the writer says to, and hears of, a {@linkcode commit}. */
export interface CommitSteps {
  /** Hears that the frame is written; says whether to sync. */
  written(): boolean;
  /** Hears that what was asked for is true, and that nobody took over. */
  confirmed(synced: boolean): void;
  /** Hears that there is no space: nothing of the frame was written. */
  refused(error: StorageFullError): void;
  /** Hears of a failure; nothing is known of the frame then. */
  failed(error: unknown): void;
}

/**
 * The one way to an acknowledgement: write a frame, if there is one, sync if
 * asked to, and only then ask whether this process still owns the log. Whoever
 * takes over after that answer will find what was synced before it.
 */
export function commit(
  log: FrameLog,
  frame: FrameDraft | undefined,
  steps: CommitSteps,
): void {
  const failed = (error: unknown) => steps.failed(error);
  const confirm = (synced: boolean) =>
    continueWith(() => log.checkOwner(), () => steps.confirmed(synced), failed);
  const sync = () => {
    if (!steps.written()) return confirm(false);
    continueWith(() => log.sync(), () => confirm(true), failed);
  };
  const begun = (error: unknown) =>
    error instanceof StorageFullError ? steps.refused(error) : failed(error);
  if (frame !== undefined) {
    return continueWith(() => log.append(frame), sync, begun);
  }
  if (!steps.written()) return confirm(false);
  continueWith(() => log.sync(), () => confirm(true), begun);
}

/**
 * Makes `call` and goes on to `next` with no turn between if it answers at
 * once, or when its promise resolves; to `fail` if it throws or rejects.
 */
export function continueWith(
  call: () => MaybePromise<void>,
  next: () => void,
  fail: (error: unknown) => void,
): void {
  let answer: void | Promise<void>;
  try {
    answer = call();
  } catch (error) {
    return fail(error);
  }
  if (typeof answer?.then === "function") answer.then(next, fail);
  else next();
}

/** Up to which record a sync is called for beyond what batches ask for. */
export class SyncSchedule {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #ask: () => void;
  #lsn = 0;
  #cancel: (() => void) | undefined;

  /** Written records stay unsynced for `intervalMs` at most; maybe for ever. */
  constructor(clock: Clock, intervalMs: number, ask: () => void) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#ask = ask;
  }

  /** Calls for a sync of `lsn`, once it is written. */
  raise(lsn: number): void {
    this.#lsn = Math.max(this.#lsn, lsn);
    this.#ask();
  }

  /** Calls no more for what lies behind `lsn`. */
  lower(lsn: number): void {
    this.#lsn = Math.min(this.#lsn, lsn);
  }

  /** Whether a batch that begins at `lsn` is to be synced. */
  reaches(lsn: number): boolean {
    return this.#lsn >= lsn;
  }

  /** Whether something written is to be synced now. */
  isDue({ writtenLsn, durableLsn }: Acks): boolean {
    return Math.min(this.#lsn, writtenLsn) > durableLsn;
  }

  /** Told after each flush how far the log has got. */
  update({ writtenLsn, durableLsn }: Acks): void {
    if (durableLsn >= writtenLsn) return this.cancel();
    if (this.#intervalMs === Infinity || this.#cancel !== undefined) return;
    this.#cancel = this.#clock.after(this.#intervalMs, () => {
      this.#cancel = undefined;
      this.raise(writtenLsn);
    });
  }

  /** Ends the wait, if there is one. */
  cancel(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}

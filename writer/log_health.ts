import type { StorageFullError } from "../storage/storage_error.ts";
import { LogFailedError } from "./log_failed_error.ts";

/** Whether a log can go on, and whether a caller knows if it cannot. */
export class LogHealth {
  /** The failure that has stopped the log, if any. */
  failure: LogFailedError | undefined;
  /** Why records were dropped that no call was waiting for, if any were. */
  drop: StorageFullError | undefined;
  #isReported = false;

  /** Whether a call has reported the failure. */
  get isFailureReported(): boolean {
    return this.#isReported;
  }

  /**
   * Throws the failure that stopped the log, if any; or reports, once, that
   * records were dropped for lack of space.
   */
  report(): void {
    const { drop, failure } = this;
    this.drop = undefined;
    if (drop !== undefined) throw drop;
    if (failure === undefined) return;
    this.#isReported = true;
    throw failure;
  }

  /** Records after `durableLsn` may be lost; `reject` tells those who wait. */
  fail(
    durableLsn: number,
    cause: unknown,
    reject: (failure: LogFailedError) => number,
  ): void {
    this.failure = new LogFailedError(durableLsn, cause);
    this.#isReported = reject(this.failure) > 0;
  }
}

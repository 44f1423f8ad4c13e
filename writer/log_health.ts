import type { StorageFullError } from "../storage/storage_error.ts";
import { Listeners } from "./listeners.ts";
import { LogFailedError } from "./log_failed_error.ts";

/** How a log is. */
export interface Health {
  /**
   * - `"healthy"`: nothing is known to be wrong;
   * - `"degraded"`: the log works, but something that it was asked to do does
   *   not, such as an append for which there was no space;
   * - `"failed"`: it acknowledges nothing further, and has to be opened again.
   */
  readonly status: "healthy" | "degraded" | "failed";
  /** What is wrong, in one sentence for each; empty if it is healthy. */
  readonly reasons: readonly string[];
}

const HEALTHY: Health = Object.freeze({
  status: "healthy",
  reasons: Object.freeze([]),
});

/** Whether a log can go on, and whether a caller knows if it cannot. */
export class LogHealth {
  /** The failure that has stopped the log, if any. */
  failure: LogFailedError | undefined;
  /** Why records were dropped that no call was waiting for, if any were. */
  drop: StorageFullError | undefined;
  /** Those who want to know when it changes. */
  readonly listeners: Listeners<Health> = new Listeners();
  #isReported = false;
  /** What does not work, by the name of what it is. */
  readonly #troubles = new Map<string, string>();
  #now: Health = HEALTHY;

  /** Whether a call has reported the failure. */
  get isFailureReported(): boolean {
    return this.#isReported;
  }

  /** How the log is: the same object until that changes. */
  get now(): Health {
    return this.#now;
  }

  /**
   * Something that the log was asked to do does not work, for this reason; or
   * it works again.
   */
  trouble(what: string, reason: string | undefined): void {
    if (this.#troubles.get(what) === reason) return;
    if (reason === undefined) this.#troubles.delete(what);
    else this.#troubles.set(what, reason);
    this.#change();
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
    this.#change();
  }

  #change(): void {
    const { failure } = this;
    const troubles = [...this.#troubles.values()];
    const reasons = failure ? [failure.message, ...troubles] : troubles;
    const status = failure ? "failed" : "degraded";
    this.#now = reasons.length === 0
      ? HEALTHY
      : Object.freeze({ status, reasons: Object.freeze(reasons) });
    this.listeners.tell(this.#now);
  }
}

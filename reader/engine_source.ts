import { CorruptLogError } from "../storage/corrupt_log_error.ts";
import { FormatVersionError } from "../storage/format/mod.ts";
import type { BatchSource } from "../storage/frame_log.ts";
import type { LogObserver } from "../storage/log_engine.ts";
import { type Clock, systemClock } from "../writer/clock.ts";
import { LogClosedError } from "../writer/log_closed_error.ts";
import type { ObservedSource, ReaderLevel } from "./log_source.ts";
import { isLater } from "./serial_generator.ts";

/**
 * How long looks may fail before followers fail, in ms from when the first
 * one of them began: what a network or a store goes through mostly passes.
 */
export const GIVE_UP_MS = 60_000;

/** Failing looks are this far apart at most, in ms. */
const MOST_WAIT_MS = 5000;

/**
 * A log in an engine that another process may be writing to: where it begins
 * and ends, as of the last look. All records that it shows are durable.
 */
export class EngineSource implements ObservedSource {
  readonly level: ReaderLevel;
  /** What such a log is never: cut back. */
  readonly cuts = 0;
  /** What has its cursors. */
  readonly origin: LogObserver;
  readonly #clock: Clock;
  readonly #wakes = new Set<() => void>();
  #end: "closed" | Error | undefined;
  #looking: Promise<void> | undefined;
  #again: Promise<void> | undefined;
  /** When the last look ended. */
  #endedAt: number;
  /** When the first look began of those in a row that failed. */
  #failingSince: number | undefined;
  /** Looks in a row that failed. */
  #failures = 0;
  #cancel: (() => void) | undefined;

  /** Shows `log`, which has looked already. */
  constructor(
    log: LogObserver,
    level: ReaderLevel = "disk",
    clock: Clock = systemClock,
  ) {
    this.origin = log;
    this.level = level;
    this.#clock = clock;
    this.#endedAt = clock.now();
  }

  /** LSN of the oldest record kept, or of the next one if there is none. */
  get firstLsn(): number {
    return this.origin.firstLsn;
  }

  /** LSN of the last record. */
  get writtenLsn(): number {
    return this.origin.lastLsn;
  }

  /** The same at all levels. */
  reached(): number {
    return this.origin.lastLsn;
  }

  /** Nothing is ever cut off. */
  lowestSince(): number {
    return Infinity;
  }

  /** Whether it is closed, or why it cannot be looked at. */
  get end(): "closed" | Error | undefined {
    return this.#end;
  }

  /** Reads records that were seen, both included. */
  read(from: number, to: number): BatchSource {
    if (this.#end === "closed") throw new LogClosedError("read");
    const batches = this.origin.read(from, to);
    return {
      next: () => {
        const next = batches.next();
        return isLater(next)
          ? next.catch((error) => this.#rethrow(error))
          : next;
      },
      return: (value) => batches.return?.(value),
    };
  }

  /**
   * Calls `wake` after each look that found something new, and looks every
   * `pollMs`, until the function that it returns is called.
   */
  onAdvance(wake: () => void): () => void {
    // The same function may be passed twice.
    const own = () => wake();
    this.#wakes.add(own);
    if (this.#wakes.size === 1) this.#schedule();
    return () => {
      this.#wakes.delete(own);
      if (this.#wakes.size === 0) this.#stop();
    };
  }

  /**
   * Looks at the log; once it resolves, all that was there when it was called is
   * known. Rejects if the log cannot be read.
   */
  refresh(): Promise<void> {
    if (this.#looking === undefined) return this.#begin();
    // It may have missed what is there now.
    this.#again ??= this.#looking.catch(() => {}).then(() => {
      this.#again = undefined;
      return this.#begin();
    });
    return this.#again;
  }

  /** Ends it, and all reads and looks in progress. */
  async close(readsEnd?: Promise<void>): Promise<void> {
    if (this.#end === "closed") return;
    this.#end = "closed";
    this.#stop();
    this.#notify();
    await this.origin.close();
    await readsEnd;
    await this.#again?.catch(() => {});
    await this.#looking?.catch(() => {});
  }

  async #begin(): Promise<void> {
    if (this.#end === "closed") return;
    const before = this.#marks();
    const startedAt = this.#clock.now();
    try {
      this.#looking = this.origin.look();
      await this.#looking;
      this.#failures = 0;
      this.#failingSince = undefined;
      this.#setEnd(undefined);
    } catch (error) {
      this.#failures++;
      this.#failingSince ??= startedAt;
      if (this.#isLasting(error)) this.#setEnd(error as Error);
      this.#rethrow(error);
    } finally {
      this.#looking = undefined;
      this.#endedAt = this.#clock.now();
      if (before !== this.#marks()) this.#notify();
    }
  }

  /** Throws what a call was rejected with, unless closing has ended it. */
  #rethrow(error: unknown): never {
    throw this.#end === "closed" ? new LogClosedError("read") : error;
  }

  /** Whether followers should hear of a failure, because it does not pass. */
  #isLasting(error: unknown): boolean {
    const isFact = error instanceof CorruptLogError ||
      error instanceof FormatVersionError;
    return isFact || this.#clock.now() - this.#failingSince! >= GIVE_UP_MS;
  }

  #setEnd(end: Error | undefined): void {
    if (this.#end !== "closed") this.#end = end;
  }

  /** All that followers may wait for, to be compared. */
  #marks(): string {
    return `${this.firstLsn} ${this.writtenLsn} ${this.#end}`;
  }

  #notify(): void {
    for (const wake of [...this.#wakes]) wake();
  }

  /** Looks again once it is time. */
  #schedule(): void {
    if (this.#wakes.size === 0 || this.#end === "closed") return;
    const { pollMs } = this.origin;
    const most = Math.max(pollMs, MOST_WAIT_MS);
    const waitMs = Math.min(pollMs * 2 ** this.#failures, most);
    const passedMs = this.#clock.now() - this.#endedAt;
    this.#cancel?.();
    this.#cancel = this.#clock.after(Math.max(0, waitMs - passedMs), () => {
      this.#cancel = undefined;
      // Followers hear of a failure if it lasts.
      this.refresh().catch(() => {}).then(() => this.#schedule());
    });
  }

  #stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}

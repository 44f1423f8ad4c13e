import { TruncatedError } from "../../storage/frame_log.ts";
import { LogClosedError } from "../../writer/log_closed_error.ts";
import type { LogRecord } from "../../writer/record.ts";
import type { LogSource } from "../log_source.ts";
import type { LogIterator } from "../serial_generator.ts";

/** Follows the durable records of a log from one on. */
export type Follow<Out> = (from: number) => LogIterator<LogRecord<Out>>;

/**
 * The durable records of a log from a place on, one by one, as a follower hands
 * them out: but a call can be given up, and the place can change.
 */
export class RecordFeed<Out> {
  readonly #source: LogSource;
  readonly #follow: Follow<Out>;
  #nextLsn: number;
  #handedOutLsn: number;
  /** Cuts of the log that do not concern that place. */
  #cuts: number;
  #follower: LogIterator<LogRecord<Out>> | undefined;
  #seeks = 0;
  #isClosed = false;
  #turn: Promise<unknown> = Promise.resolve();

  /** Begins with record `nextLsn`. */
  constructor(source: LogSource, follow: Follow<Out>, nextLsn: number) {
    this.#source = source;
    this.#follow = follow;
    this.#nextLsn = nextLsn;
    this.#handedOutLsn = nextLsn - 1;
    this.#cuts = source.cuts;
  }

  /** LSN of the last record handed out, or the one before the first. */
  get handedOutLsn(): number {
    return this.#handedOutLsn;
  }

  /** The next record; `undefined` if none can follow. Calls run in order. */
  next(signal: AbortSignal | undefined): Promise<LogRecord<Out> | undefined> {
    const taking = this.#turn.then(() => this.#take(signal));
    this.#turn = taking.catch(() => {});
    return taking;
  }

  /** Continues with record `nextLsn`. */
  seek(nextLsn: number): void {
    this.#nextLsn = nextLsn;
    this.#handedOutLsn = nextLsn - 1;
    this.#cuts = this.#source.cuts;
    this.#seeks++;
    this.#drop();
  }

  /** Ends calls that wait, and all later ones. */
  close(): void {
    this.#isClosed = true;
    this.#drop();
  }

  /** Throws if records up to `lsn` were cut off since they were handed out. */
  requireUncut(lsn: number): void {
    const lowest = this.#source.lowestSince(this.#cuts);
    if (lowest < lsn) throw new TruncatedError(lsn + 1, lowest);
  }

  async #take(signal?: AbortSignal): Promise<LogRecord<Out> | undefined> {
    while (true) {
      signal?.throwIfAborted();
      if (this.#isClosed || this.#isOver) return undefined;
      // A follower knows only of cuts since it began.
      this.requireUncut(this.#nextLsn - 1);
      this.#cuts = this.#source.cuts;
      this.#follower ??= this.#follow(this.#nextLsn);
      const seeks = this.#seeks;
      const found = await this.#ask(this.#follower, signal);
      if (seeks !== this.#seeks || found === undefined) continue;
      this.#nextLsn = found.lsn + 1;
      this.#handedOutLsn = found.lsn;
      this.#cuts = this.#source.cuts;
      return found;
    }
  }

  /** `undefined` if the follower has ended, for whatever reason. */
  async #ask(
    follower: LogIterator<LogRecord<Out>>,
    signal: AbortSignal | undefined,
  ): Promise<LogRecord<Out> | undefined> {
    const giveUp = () => this.#drop();
    signal?.addEventListener("abort", giveUp);
    try {
      const { done, value } = await follower.next();
      if (!done) return value;
    } catch (error) {
      const isDropped = follower !== this.#follower;
      this.#forget(follower);
      // It may have failed before it noticed; and it may begin while the log
      // closes, and have nothing to miss.
      const isLate = error instanceof LogClosedError &&
        this.#nextLsn > this.#source.reached("memory");
      if (isLate) this.#isClosed = true;
      if (!isDropped && !isLate) throw error;
      return undefined;
    } finally {
      signal?.removeEventListener("abort", giveUp);
    }
    this.#forget(follower);
  }

  /** Whether the log is closed, and everything was handed out. */
  get #isOver(): boolean {
    return this.#source.end === "closed" &&
      this.#nextLsn > this.#source.reached("disk");
  }

  #forget(follower: LogIterator<LogRecord<Out>>): void {
    if (follower === this.#follower) this.#follower = undefined;
  }

  #drop(): void {
    // An error from closing a file that was only read is harmless.
    this.#follower?.return(undefined).catch(() => {});
    this.#follower = undefined;
  }
}

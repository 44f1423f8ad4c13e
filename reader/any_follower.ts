import { requireInteger } from "../argument.ts";
import { invariant } from "../invariant.ts";
import { CompactedError, TruncatedError } from "../storage/frame_log.ts";
import type { RecordBatch } from "../storage/frame_log.ts";
import type { MaybePromise } from "../storage/storage.ts";
import type { AckLevel } from "../writer/acks.ts";
import type { RecentFrame, Wake } from "../writer/live_tail.ts";
import { LogClosedError } from "../writer/log_closed_error.ts";
import type { Follower, Following, FollowOptions, Taken } from "./following.ts";
import type { LogSource } from "./log_source.ts";
import { OpenRead, type ReadTracker } from "./open_read.ts";
import { END, isLater, type Next } from "./serial_generator.ts";

/** What a follower needs of the log that it follows. */
export interface FollowedLog {
  /** The log. */
  readonly source: LogSource;
  /** What keeps track of its reads, to end them when the log closes. */
  readonly tracker: ReadTracker;
  /** Called before it begins, to look where the log stands. */
  refresh(): Promise<void> | undefined;
}

/** A batch, the end, or `undefined` to wait for more; a promise of `undefined` means to look again. */
export type TakenBatch =
  | Next<RecordBatch>
  | Promise<Next<RecordBatch> | undefined>
  | undefined;

/**
 * Follows a log: reads what is on storage, then takes from the live tail what
 * is added, and waits to be woken at the end of it. While nobody calls `next`,
 * it does nothing and holds nothing.
 */
export abstract class AnyFollower<Value> implements Follower<Value> {
  protected readonly following: Following<Value>;
  readonly #log: FollowedLog;
  protected readonly source: LogSource;
  readonly #options: FollowOptions;
  protected level: AckLevel = "disk";
  /** LSN of the first record that was not taken yet. */
  protected position = 0;
  /** Cuts of the log that do not concern it. */
  #cuts = 0;
  #hasBegun = false;
  #isOver = false;
  /** Whether it will end as soon as it would wait. */
  #isStopped = false;
  /** Whether there is nothing to do until it is woken. */
  protected isAtEnd = false;
  #reading: OpenRead | undefined;
  /** LSN of the last record that will be read. */
  #readTo = 0;
  #closing: Promise<unknown> | undefined;
  #unwatch: (() => void) | undefined;
  readonly #wake: Wake = (written) => {
    const isTaken = written && this.following.isWaiting &&
      this.takeWritten(written);
    if (!isTaken) this.#look();
  };
  readonly #abort = (): void => {
    this.isAtEnd = false;
    if (this.following.isWaiting) {
      this.#giveUp(Promise.reject(this.#signal!.reason));
    }
  };

  /** Follows `log` for `following`. */
  constructor(
    log: FollowedLog,
    options: FollowOptions,
    following: Following<Value>,
  ) {
    this.following = following;
    this.#log = log;
    this.source = log.source;
    this.#options = options;
  }

  /** Takes the next value. */
  abstract take(): Taken<Value>;

  /** Ends it as soon as it would wait: at once, if it waits. */
  stop(): void {
    this.#isStopped = true;
    this.isAtEnd = false;
    if (this.following.isWaiting) this.#giveUp(END);
  }

  /** Ends it, and resolves when its files are closed. */
  async end(): Promise<void> {
    this.#finish();
    await this.#closing;
  }

  /** Answers with a frame that was just written, if it can be taken as it is. */
  protected takeWritten(_written: RecentFrame): boolean {
    return false;
  }

  /** Whether what was taken may not be handed out as it is. */
  protected get isStale(): boolean {
    return this.source.cuts !== this.#cuts || this.#signal?.aborted === true;
  }

  /** The highest level that record `lsn` has surely reached. */
  protected levelOf(lsn: number): AckLevel {
    if (this.level === "disk") return "disk";
    if (lsn <= this.source.reached("disk")) return "disk";
    return lsn <= this.source.reached("os") ? "os" : "memory";
  }

  /** The next batch; it may hold nothing but lost records. */
  protected takeBatch(): TakenBatch {
    if (this.isAtEnd) return undefined;
    try {
      const beginning = this.#hasBegun ? undefined : this.#begin();
      return beginning === undefined
        ? this.#advance()
        : this.#settle(beginning.then(() => undefined));
    } catch (error) {
      this.#finish();
      throw error;
    }
  }

  get #signal(): AbortSignal | undefined {
    return this.#options.signal;
  }

  #begin(): Promise<void> | undefined {
    if (this.#isOver) return undefined;
    const { level } = this.#options;
    if (level !== undefined) this.level = level;
    this.#hasBegun = true;
    this.#signal?.addEventListener("abort", this.#abort);
    const refreshing = this.#log.refresh();
    if (refreshing !== undefined) return refreshing.then(() => this.#start());
    this.#start();
  }

  #start(): void {
    const { source } = this;
    const first = source.firstLsn;
    const { from = first } = this.#options;
    if (Number.isSafeInteger(from) && from > 0 && from < first) {
      throw new CompactedError(from, first);
    }
    const most = source.reached("memory") + 1;
    requireInteger("follow from a record", "its LSN", from, first, most);
    this.#cuts = source.cuts;
    this.position = from;
  }

  #advance(): TakenBatch {
    const { source } = this;
    while (!this.#isOver) {
      this.#requireUncut();
      const reading = this.#reading;
      if (reading !== undefined) {
        const read = reading.next();
        if (isLater(read)) return this.#settle(read);
        const found = this.#read(read);
        if (found !== undefined) return found;
        continue;
      }
      const { position } = this;
      const limit = source.reached(this.level);
      if (position > limit) return this.#endOrWait();
      if (position < source.firstLsn) {
        throw new CompactedError(position, source.firstLsn);
      }
      const recent = source.tail?.take(position, limit);
      if (recent !== undefined) return this.#show(recent);
      this.#reading = this.#readFrom(position, limit);
    }
    return END;
  }

  /** Reads history from storage. */
  #readFrom(from: number, limit: number): OpenRead {
    const { source } = this;
    const { tracker } = this.#log;
    // What is only queued is never read from storage.
    const to = Math.min(limit, source.reached("os"));
    invariant(from <= to, "queued records that are not in memory");
    this.#readTo = to;
    const begin = () => ({ batches: source.read(from, to), to });
    return new OpenRead({ begin, tracker, action: "follow" });
  }

  /** Resolves with `undefined` to look again. */
  async #settle(
    taking: Promise<Next<RecordBatch> | undefined>,
  ): Promise<Next<RecordBatch> | undefined> {
    try {
      const taken = await taking;
      return taken && this.#read(taken);
    } catch (error) {
      // What was cut off may look damaged.
      const isCut = this.#reading && this.source.cuts !== this.#cuts;
      if (isCut && !this.#isAffected) return void this.#passCuts();
      const reason = isCut ? this.#truncated() : error;
      this.#finish();
      throw reason;
    }
  }

  /** The batch that was read, unless it is the end, or no longer counts. */
  #read(taken: Next<RecordBatch>): Next<RecordBatch> | undefined {
    this.#requireUncut();
    if (this.#reading === undefined) return undefined;
    if (taken.done) return void (this.#reading = undefined);
    const shown = this.#show(taken.value);
    // At once: a log that closes now should find that all was read.
    if (this.position > this.#readTo) this.#closeReading();
    return shown;
  }

  #show(batch: RecordBatch): Next<RecordBatch> {
    const { firstLsn, records, lost } = batch;
    invariant(firstLsn === this.position, "a gap between followed records");
    this.position = firstLsn + (lost ?? records.length);
    return { done: false, value: batch };
  }

  /** Waits to be woken, unless nothing follows. */
  #endOrWait(): TakenBatch {
    const { source } = this;
    const end = this.#isStopped ? "returned" : source.end;
    if (end === undefined) {
      this.#unwatch ??= source.onAdvance(this.#wake, this.level);
      this.isAtEnd = true;
      return undefined;
    }
    if (typeof end !== "string") throw end;
    if (end === "closed" && this.position <= source.reached("memory")) {
      throw new LogClosedError("follow");
    }
    this.#finish();
    return END;
  }

  /** Called when there may be more; must not throw. */
  #look(): void {
    this.isAtEnd = false;
    if (!this.following.isWaiting) {
      // Nobody has asked since: stay only as long as the tail reaches back.
      if (!this.source.tail?.keeps(this.position)) this.#stopWatching();
      return;
    }
    let taken: MaybePromise<Next<Value>> | undefined;
    try {
      taken = this.take();
    } catch (error) {
      taken = Promise.reject(error);
    }
    // A codec may have ended it.
    if (taken !== undefined && this.following.isWaiting) {
      this.following.answer(taken);
    }
  }

  /** Throws if it was aborted, or the log cut back below what it has shown. */
  #requireUncut(): void {
    if (this.#signal?.aborted) throw this.#signal.reason;
    if (this.source.cuts === this.#cuts) return;
    if (this.#isAffected) throw this.#truncated();
    this.#passCuts();
  }

  /** Whether the log was cut back below what it has shown. */
  get #isAffected(): boolean {
    return this.source.lowestSince(this.#cuts) < this.position - 1;
  }

  #truncated(): TruncatedError {
    const lowest = this.source.lowestSince(this.#cuts);
    return new TruncatedError(this.position, lowest);
  }

  /** Reads again what may have been replaced. */
  #passCuts(): void {
    this.#cuts = this.source.cuts;
    this.#closeReading();
  }

  #giveUp(next: MaybePromise<Next<Value>>): void {
    this.#finish();
    this.following.answer(next);
  }

  #finish(): void {
    this.#isOver = true;
    this.isAtEnd = false;
    this.#stopWatching();
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#closeReading();
  }

  #stopWatching(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  #closeReading(): void {
    const reading = this.#reading;
    this.#reading = undefined;
    // An error from closing a file that was only read is harmless.
    this.#closing = reading?.return().catch(() => {}) ?? this.#closing;
  }
}

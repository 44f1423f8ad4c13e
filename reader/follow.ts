import { requireInteger, requireOptions } from "../argument.ts";
import { invariant } from "../invariant.ts";
import { CompactedError, TruncatedError } from "../storage/frame_log.ts";
import type { RecordBatch } from "../storage/frame_log.ts";
import type { RecordList } from "../storage/format/mod.ts";
import type { MaybePromise } from "../storage/storage.ts";
import { Pace } from "../storage/turns.ts";
import { type AckLevel, requireAckLevel } from "../writer/acks.ts";
import { LogClosedError } from "../writer/log_closed_error.ts";
import type { LogRecord } from "../writer/record.ts";
import type { LogSource } from "./log_source.ts";
import { OpenRead, type ReadTracker } from "./open_read.ts";
import { type Decode, NO_RECORDS, RECORD_BYTES } from "./record_reader.ts";
import { requireSignal } from "./requirements.ts";
import {
  END,
  isLater,
  type Next,
  SerialGenerator,
} from "./serial_generator.ts";

/** Which records to follow. */
export interface FollowOptions {
  /**
   * LSN of the first record, at most one beyond the last record appended.
   * Default: the oldest record that the log still has.
   */
  from?: number | undefined;
  /**
   * What must be true of a record before it is handed out. Default: `"disk"`.
   */
  level?: AckLevel | undefined;
  /** Ends it: calls in progress and later ones reject with its reason. */
  signal?: AbortSignal | undefined;
}

/** A record that a follower got. */
export interface FollowedRecord<Out = Uint8Array<ArrayBuffer>>
  extends LogRecord<Out> {
  /** The level that it had reached, at least, when it was handed out. */
  level: AckLevel;
}

/** Records of one frame that a follower got. */
export interface FollowedBatch extends RecordBatch {
  /** The level that all had reached, at least, when they were handed out. */
  readonly level: AckLevel;
}

/** What a follower needs of the log that it follows. */
export interface FollowedLog {
  /** The log. */
  readonly source: LogSource;
  /** What is told of its reads, so that they end when the log closes. */
  readonly tracker: ReadTracker;
  /** Called before it begins, to look where the log stands. */
  refresh(): Promise<void> | undefined;
}

const FOLLOW_OPTIONS: readonly (keyof FollowOptions)[] = [
  ...["from", "level", "signal"] as const,
];

/** A value, the end, or `undefined` to wait for more. */
type Taken<Value> = MaybePromise<Next<Value>> | undefined;

/** The same; a promise of `undefined` means to look again. */
type TakenBatch =
  | Next<RecordBatch>
  | Promise<Next<RecordBatch> | undefined>
  | undefined;

/**
 * Follows a log: reads what is on storage, then takes from the live tail what
 * is added, and waits to be woken at the end of it. While nobody calls `next`,
 * it does nothing and holds nothing.
 */
abstract class Follower<Value> extends SerialGenerator<Value> {
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
  #isReturning = false;
  #reading: OpenRead | undefined;
  #closing: Promise<unknown> | undefined;
  #unwatch: (() => void) | undefined;
  readonly #wake = (): void => this.#look();
  readonly #abort = (): void => {
    if (this.isWaiting) this.#giveUp(Promise.reject(this.#signal!.reason));
  };

  constructor(log: FollowedLog, options: FollowOptions) {
    super();
    this.#log = log;
    this.source = log.source;
    this.#options = options;
  }

  /** Ends it, and any call that waits, and closes its files. */
  override return(): Promise<Next<Value>> {
    this.#end();
    return super.return();
  }

  /** Does the same, and rejects with `error`. */
  override throw(error: unknown): Promise<Next<Value>> {
    this.#end();
    return super.throw(error);
  }

  protected override async end(): Promise<void> {
    this.#finish();
    await this.#closing;
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
    return this.#options?.signal;
  }

  #begin(): Promise<void> | undefined {
    if (this.#isOver) return undefined;
    requireOptions("follow", this.#options, FOLLOW_OPTIONS);
    requireSignal("follow", this.#signal);
    const { level = "disk" } = this.#options;
    this.level = requireAckLevel("follow", "level", level);
    if (this.#log.tracker.isClosed) throw new LogClosedError("follow");
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
    if (!taken.done) return this.#show(taken.value);
    this.#reading = undefined;
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
    const end = this.#isReturning ? "returned" : source.end;
    if (end === undefined) {
      this.#unwatch ??= source.onAdvance(this.#wake, this.level);
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
    if (!this.isWaiting) {
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
    if (taken !== undefined && this.isWaiting) this.answer(taken);
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

  /** Ends it as soon as it would wait: at once, if it waits. */
  #end(): void {
    this.#isReturning = true;
    if (this.isWaiting) this.#giveUp(END);
  }

  #giveUp(next: MaybePromise<Next<Value>>): void {
    this.#finish();
    this.answer(next);
  }

  #finish(): void {
    this.#isOver = true;
    this.#stopWatching();
    this.#signal?.removeEventListener?.("abort", this.#abort);
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

/** A follower by batches. */
export class BatchFollower extends Follower<FollowedBatch> {
  protected override take(): Taken<FollowedBatch> {
    const taken = this.takeBatch();
    if (taken === undefined) return undefined;
    if (!isLater(taken)) return this.#found(taken);
    return taken.then((taken) =>
      taken === undefined ? this.later(this.take()) : this.#found(taken)
    );
  }

  #found(taken: Next<RecordBatch>): Next<FollowedBatch> {
    if (taken.done) return taken;
    const level = this.levelOf(this.position - 1);
    return { done: false, value: { ...taken.value, level } };
  }
}

/** Records in a row that a follower hands out before it counts its time. */
const FREE_RECORDS = 64;

/** A follower by records. */
export class RecordFollower<Out> extends Follower<FollowedRecord<Out>> {
  readonly #decode: Decode<Out>;
  #records: RecordList = NO_RECORDS;
  #index = 0;
  #nextLsn = 0;
  /** Records handed out since it waited last. */
  #handedOut = 0;
  #pace: Pace | undefined;

  /** Follows `log`; `decode` makes what callers get of a record's bytes. */
  constructor(log: FollowedLog, options: FollowOptions, decode: Decode<Out>) {
    super(log, options);
    this.#decode = decode;
  }

  protected override take(): Taken<FollowedRecord<Out>> {
    const turn = this.#spend();
    if (turn === undefined) return this.#takeNow();
    return turn.then(() => this.later(this.#takeNow()));
  }

  #takeNow(): Taken<FollowedRecord<Out>> {
    if (this.#index < this.#records.length && this.isStale) this.#putBack();
    return this.#index < this.#records.length
      ? this.#record()
      : this.#takeNext();
  }

  protected override async end(): Promise<void> {
    this.#drop();
    await super.end();
  }

  #takeNext(): Taken<FollowedRecord<Out>> {
    while (true) {
      // Drops what was read, even at the end.
      this.#drop();
      const taken = this.takeBatch();
      if (taken === undefined) {
        this.#handedOut = 0;
        this.#pace = undefined;
        return undefined;
      }
      if (isLater(taken)) {
        return taken.then((taken) =>
          (taken && this.#begin(taken)) ?? this.later(this.#takeNext())
        );
      }
      const found = this.#begin(taken);
      if (found !== undefined) return found;
    }
  }

  /** The first record of a batch, or the end; `undefined` if it has none. */
  #begin(
    taken: Next<RecordBatch>,
  ): Next<FollowedRecord<Out>> | undefined {
    if (taken.done) return taken;
    this.#records = taken.value.records;
    this.#nextLsn = taken.value.firstLsn;
    return this.#records.length === 0 ? undefined : this.#record();
  }

  #record(): Next<FollowedRecord<Out>> {
    const bytes = this.#records.at(this.#index++)!;
    const lsn = this.#nextLsn++;
    const data = this.#decode(bytes);
    return { done: false, value: { lsn, data, level: this.levelOf(lsn) } };
  }

  /** Gives way now and then while it does not wait anyway. */
  #spend(): Promise<void> | undefined {
    if (++this.#handedOut <= FREE_RECORDS) return undefined;
    return (this.#pace ??= new Pace()).spend(RECORD_BYTES);
  }

  /** The rest of the batch has to be taken again, if it is still there. */
  #putBack(): void {
    this.position = this.#nextLsn;
    this.#drop();
  }

  #drop(): void {
    this.#records = NO_RECORDS;
    this.#index = 0;
  }
}

import type { RecordList } from "../storage/format/mod.ts";
import type { RecordBatch } from "../storage/frame_log.ts";
import { Pace } from "../storage/turns.ts";
import type { AckLevel } from "../writer/acks.ts";
import type { RecentFrame } from "../writer/live_tail.ts";
import type { LogRecord } from "../writer/record.ts";
import { AnyFollower, type FollowedLog } from "./any_follower.ts";
import type { Following, FollowOptions, Taken } from "./following.ts";
import { type Decode, NO_RECORDS, RECORD_BYTES } from "./record_reader.ts";
import { isLater, type Next } from "./serial_generator.ts";

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

/** A follower by batches. */
export class BatchFollower extends AnyFollower<FollowedBatch> {
  override take(): Taken<FollowedBatch> {
    const taken = this.takeBatch();
    if (taken === undefined) return undefined;
    if (!isLater(taken)) return this.#found(taken);
    return taken.then((taken) =>
      taken === undefined
        ? this.following.later(this.take())
        : this.#found(taken)
    );
  }

  /** What a hundred followers do after each flush. */
  protected override takeWritten(written: RecentFrame): boolean {
    const { batch, lastLsn, next } = written;
    if (batch.firstLsn !== this.position) return false;
    if (this.level !== "os" && batch.level !== this.level) return false;
    this.position = lastLsn + 1;
    this.following.answer(next);
    return true;
  }

  #found(taken: Next<RecordBatch>): Next<FollowedBatch> {
    if (taken.done) return taken;
    const level = this.levelOf(this.position - 1);
    // The live tail gives all followers the same one.
    const { level: known } = taken.value as Partial<FollowedBatch>;
    if (known === level) return taken as Next<FollowedBatch>;
    return { done: false, value: { ...taken.value, level } };
  }
}

/** Records in a row that a follower hands out before it counts its time. */
const FREE_RECORDS = 64;

/** A follower by records. */
export class RecordFollower<Out> extends AnyFollower<FollowedRecord<Out>> {
  readonly #decode: Decode<Out>;
  #records: RecordList = NO_RECORDS;
  #index = 0;
  #nextLsn = 0;
  /** Records handed out since it waited last. */
  #handedOut = 0;
  #pace: Pace | undefined;

  /** Follows `log`; `decode` makes what callers get of a record's bytes. */
  constructor(
    log: FollowedLog,
    options: FollowOptions,
    following: Following<FollowedRecord<Out>>,
    decode: Decode<Out>,
  ) {
    super(log, options, following);
    this.#decode = decode;
  }

  override take(): Taken<FollowedRecord<Out>> {
    const turn = this.#spend();
    if (turn === undefined) return this.#takeNow();
    return turn.then(() => this.following.later(this.#takeNow()));
  }

  #takeNow(): Taken<FollowedRecord<Out>> {
    if (this.#index < this.#records.length && this.isStale) this.#putBack();
    return this.#index < this.#records.length
      ? this.#record()
      : this.#takeNext();
  }

  override async end(): Promise<void> {
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
          (taken && this.#begin(taken)) ??
            this.following.later(this.#takeNext())
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
    const data = this.#decode(bytes, lsn);
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

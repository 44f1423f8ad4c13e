import { TruncatedError } from "../../storage/frame_log.ts";
import type { LogRecord } from "../../writer/record.ts";
import type { LogSource } from "../log_source.ts";
import type { OpenReads } from "../reads.ts";
import type { RecordReader } from "../record_reader.ts";

/**
 * The durable records of a log from a place on, one by one; waits for those to
 * come.
 */
export class RecordFeed<Out> {
  readonly #source: LogSource;
  readonly #reads: OpenReads<Out>;
  #nextLsn: number;
  #handedOutLsn: number;
  #cuts: number;
  /** The read in progress, and where it ends. */
  #read: RecordReader<Out> | undefined;
  #readTo = 0;
  #isClosed = false;
  #wake: () => void = () => {};
  #turn: Promise<unknown> = Promise.resolve();

  /** Begins with record `nextLsn`. */
  constructor(source: LogSource, reads: OpenReads<Out>, nextLsn: number) {
    this.#source = source;
    this.#reads = reads;
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
    this.#drop();
    this.#wake();
  }

  /** Ends calls that wait, and all later ones. */
  close(): void {
    this.#isClosed = true;
    this.#drop();
    this.#wake();
  }

  /** Throws if records up to `lsn` were cut off since they were handed out. */
  requireUncut(lsn: number): void {
    const lowest = this.#source.lowestSince(this.#cuts);
    if (lowest < lsn) throw new TruncatedError(lsn + 1, lowest);
  }

  async #take(signal?: AbortSignal): Promise<LogRecord<Out> | undefined> {
    while (true) {
      signal?.throwIfAborted();
      if (this.#isClosed) return undefined;
      this.#passCuts();
      const read = this.#read ?? this.#begin();
      if (read !== undefined) {
        const record = await this.#readOne(read);
        if (record !== undefined) return record;
      } else {
        const { end } = this.#source;
        if (end === "closed") return undefined;
        if (end !== undefined) throw end;
        await this.#more(signal);
      }
    }
  }

  /** Reads what is durable; `undefined` if there is nothing new. */
  #begin(): RecordReader<Out> | undefined {
    const last = this.#source.reached("disk");
    if (last < this.#nextLsn) return undefined;
    this.#readTo = last;
    this.#read = this.#reads.read({ from: this.#nextLsn, to: last });
    return this.#read;
  }

  /** `undefined` if the read is over, or what it found is no longer true. */
  async #readOne(
    read: RecordReader<Out>,
  ): Promise<LogRecord<Out> | undefined> {
    const { cuts } = this.#source;
    let next: Awaited<ReturnType<typeof read.next>>;
    try {
      next = await read.next();
    } catch (error) {
      if (read === this.#read) this.#read = undefined;
      else return undefined;
      if (cuts !== this.#source.cuts) return undefined;
      throw error;
    }
    // Another place was asked for, or a cut may have replaced what was read.
    if (read !== this.#read || cuts !== this.#source.cuts) return undefined;
    const { done, value } = next;
    if (!done) this.#handedOutLsn = value.lsn;
    this.#nextLsn = (done ? this.#readTo : value.lsn) + 1;
    // At its end now, so that a log that closes does not cut it off.
    if (this.#nextLsn > this.#readTo) this.#drop();
    return value;
  }

  /** Throws if the next record was cut off; a read goes on as far as it may. */
  #passCuts(): void {
    const { cuts } = this.#source;
    if (cuts === this.#cuts) return;
    this.requireUncut(this.#nextLsn - 1);
    this.#cuts = cuts;
    this.#drop();
  }

  #drop(): void {
    // An error from closing a file that was only read is harmless.
    this.#read?.return().catch(() => {});
    this.#read = undefined;
  }

  async #more(signal: AbortSignal | undefined): Promise<void> {
    let end = () => {};
    await new Promise<void>((resolve) => {
      const wake = () => resolve();
      const stop = this.#source.onAdvance(wake);
      this.#wake = wake;
      signal?.addEventListener("abort", wake);
      end = () => {
        stop();
        signal?.removeEventListener("abort", wake);
      };
    });
    end();
  }
}

import type { RecordList } from "../storage/format/mod.ts";
import type { BatchSource, RecordBatch } from "../storage/frame_log.ts";
import type { MaybePromise } from "../storage/storage.ts";
import { Pace } from "../storage/turns.ts";
import { LogClosedError } from "../writer/log_closed_error.ts";
import type { LogRecord } from "../writer/record.ts";
import {
  END,
  isLater,
  type Next,
  SerialGenerator,
} from "./serial_generator.ts";

/** What a batch without records holds. */
export const NO_RECORDS: RecordList = Object.freeze([]);

/**
 * What a record counts for when it gives way: its consumer's time counts too,
 * and a frame can hold millions of records.
 */
export const RECORD_BYTES = 4 * 1024;

/** Makes what a caller gets of the bytes of record `lsn`. */
export type Decode<Out> = (bytes: Uint8Array<ArrayBuffer>, lsn: number) => Out;

/** Options of {@linkcode RecordReader}. */
export interface RecordReaderOptions {
  /** Once it is aborted, no record is handed out that was read before. */
  readonly signal?: AbortSignal | undefined;
  /** How LSNs go on within a batch; -1 if it is read backwards. Default: 1. */
  readonly step?: 1 | -1;
  /** How it gives way to others. */
  readonly pace?: Pace;
}

/** The records of batches, one by one. */
export class RecordReader<Out> extends SerialGenerator<LogRecord<Out>> {
  readonly #batches: BatchSource;
  readonly #decode: Decode<Out>;
  readonly #pace: Pace;
  readonly #signal: AbortSignal | undefined;
  readonly #step: number;
  #records = NO_RECORDS;
  #index = 0;
  #nextLsn = 0;
  #isCut = false;

  /** Reads `batches`, which nothing else may use. */
  constructor(
    batches: BatchSource,
    decode: Decode<Out>,
    { signal, step = 1, pace = new Pace() }: RecordReaderOptions = {},
  ) {
    super();
    this.#batches = batches;
    this.#decode = decode;
    this.#pace = pace;
    this.#signal = signal;
    this.#step = step;
  }

  /** Drops what was read: the log closes, and the batches report it. */
  cut(): void {
    this.#isCut = true;
    this.#drop();
  }

  protected override take(): MaybePromise<Next<LogRecord<Out>>> {
    if (this.#signal?.aborted) this.#drop();
    if (this.#isAtEnd) return this.#takeNext();
    const turn = this.#pace.spend(RECORD_BYTES);
    if (turn === undefined) return this.#record();
    // The log may have been closed in the meantime.
    return turn.then(() => this.#isAtEnd ? this.#takeNext() : this.#record());
  }

  protected override async end(): Promise<void> {
    this.#drop();
    await this.#batches.return?.(undefined);
  }

  get #isAtEnd(): boolean {
    return this.#index === this.#records.length;
  }

  #takeNext(): MaybePromise<Next<LogRecord<Out>>> {
    while (true) {
      // Drops what was read, even at the end.
      this.#drop();
      const taken = this.#batches.next();
      if (isLater(taken)) {
        return taken.then((taken) => this.#begin(taken) ?? this.#takeNext());
      }
      const found = this.#begin(taken);
      if (found !== undefined) return found;
    }
  }

  /** The first record of a batch, or the end; `undefined` if it has none. */
  #begin(
    { done, value }: IteratorResult<RecordBatch, unknown>,
  ): MaybePromise<Next<LogRecord<Out>>> | undefined {
    if (done) return END;
    if (this.#isCut) throw new LogClosedError("read");
    this.#records = value.records;
    this.#nextLsn = value.firstLsn;
    return value.records.length === 0 ? undefined : this.#record();
  }

  #record(): MaybePromise<Next<LogRecord<Out>>> {
    const bytes = this.#records.at(this.#index++)!;
    const lsn = this.#nextLsn;
    this.#nextLsn += this.#step;
    try {
      const data = this.#decode(bytes, lsn);
      return { done: false, value: { lsn, data } };
    } catch (error) {
      // A loop that fails does not call `return`, but files must be closed.
      return this.end().then(() => Promise.reject(error));
    }
  }

  #drop(): void {
    this.#records = NO_RECORDS;
    this.#index = 0;
  }
}

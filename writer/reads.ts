import { requireInteger, requireOptions } from "../argument.ts";
import { invariant } from "../invariant.ts";
import {
  CompactedError,
  type FrameLog,
  type RecordBatch,
} from "../storage/frame_log.ts";
import { LogClosedError } from "./log_closed_error.ts";
import type { LogRecord } from "./record.ts";
import { RecordReader } from "./record_reader.ts";

/** Which records to read. */
export interface ReadOptions {
  /** LSN of the first record. Default: the oldest that the log still has. */
  from?: number | undefined;
  /** LSN of the last record. Default: the last written when reading begins. */
  to?: number | undefined;
}

const READ_OPTIONS: readonly (keyof ReadOptions)[] = ["from", "to"];

type Result = IteratorResult<RecordBatch, undefined>;

/** Reads a log, and keeps track of the reads in progress. */
export class OpenReads {
  readonly #log: FrameLog;
  readonly #writtenLsn: () => number;
  /** The reads in progress. */
  readonly open = new Set<BatchReader>();
  #isClosed = false;
  /** Number of calls of `get` in progress, and what the last one calls. */
  #gets = 0;
  #noGets: (() => void) | undefined;

  /** Reads `log` up to the last record written when a read begins. */
  constructor(log: FrameLog, writtenLsn: () => number) {
    this.#log = log;
    this.#writtenLsn = writtenLsn;
  }

  /** Whether the log is closed, or is being closed. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** A read by batches; it begins with the first call of `next`. */
  readBatches(options: ReadOptions): BatchReader {
    return new BatchReader(this.#batches(options), this);
  }

  /** A read by records. */
  read(options: ReadOptions): RecordReader {
    const batches = this.readBatches(options);
    const records = new RecordReader(batches);
    batches.onCut = () => records.cut();
    return records;
  }

  /**
   * Reads record `lsn`; `undefined` if a salvage gave it up. A call in progress
   * keeps `close` waiting.
   */
  async get(lsn: number): Promise<LogRecord | undefined> {
    if (this.#isClosed) throw new LogClosedError("read");
    const first = this.#log.firstLsn;
    this.#requireKept(lsn, first);
    requireInteger("read a record", "its LSN", lsn, first, this.#writtenLsn());
    this.#gets++;
    try {
      const batch = await firstOf(this.#log.read(lsn, lsn));
      this.#requireKept(lsn, this.#log.firstLsn);
      const index = lsn - batch.firstLsn;
      if (batch.lost !== undefined && index < batch.lost) return undefined;
      const data = batch.records.at(index);
      invariant(data !== undefined, `a read without its record, ${lsn}`);
      return { lsn, data: ownMemory(data!) };
    } finally {
      if (--this.#gets === 0) this.#noGets?.();
    }
  }

  /**
   * Ends all reads: when it resolves, their files are closed; their next call
   * rejects with `LogClosedError`. A read abandoned without `return` would
   * otherwise keep its file open forever.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.open].map((read) => read.cut()));
    if (this.#gets === 0) return;
    await new Promise<void>((resolve) => this.#noGets = resolve);
  }

  async *#batches(options: ReadOptions): AsyncGenerator<RecordBatch> {
    requireOptions("read", options, READ_OPTIONS);
    const first = this.#log.firstLsn;
    const last = this.#writtenLsn();
    const { from = first, to = last } = options;
    this.#requireKept(from, first);
    requireInteger("read from a record", "its LSN", from, first, last + 1);
    requireInteger("read to a record", "its LSN", to, from - 1, last);
    if (from <= to) yield* this.#log.read(from, to);
  }

  #requireKept(lsn: number, first: number): void {
    if (Number.isSafeInteger(lsn) && lsn > 0 && lsn < first) {
      throw new CompactedError(lsn, first);
    }
  }
}

/** The first batch of a read of one record. */
async function firstOf(batches: AsyncIterable<RecordBatch>) {
  for await (const batch of batches) return batch;
  throw new Error("Invariant breached: a read that finds no record");
}

/** A copy of `data` if it would keep more than twice its size in memory. */
function ownMemory(data: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return data.buffer.byteLength > 2 * data.length ? data.slice() : data;
}

/** Batches that end with an error, not silently, when the log closes. */
export class BatchReader
  implements AsyncGenerator<RecordBatch, undefined, undefined> {
  readonly #batches: AsyncGenerator<RecordBatch>;
  readonly #reads: OpenReads;
  #hasBegun = false;
  #isCut = false;
  /** Called if the log closes during the read. */
  onCut: () => void = () => {};

  /** A read of `batches`, tracked by `reads`. */
  constructor(batches: AsyncGenerator<RecordBatch>, reads: OpenReads) {
    this.#batches = batches;
    this.#reads = reads;
  }

  /** The next batch, or the end. */
  async next(): Promise<Result> {
    if (!this.#hasBegun) this.#isCut = this.#reads.isClosed;
    this.#hasBegun = true;
    this.#requireUncut();
    this.#reads.open.add(this);
    const result = await this.#ending(this.#batches.next());
    if (!result.done) this.#requireUncut();
    return result;
  }

  /** Ends it early and closes its files. */
  return(): Promise<Result> {
    return this.#ending(this.#batches.return(undefined));
  }

  /** Ends it early and rejects with `error`. */
  throw(error: unknown): Promise<Result> {
    return this.#ending(this.#batches.throw(error));
  }

  /** Returns itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The same as {@linkcode BatchReader.return}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** Ends it because the log closes, after any call in progress. */
  async cut(): Promise<void> {
    this.#isCut = true;
    this.onCut();
    // An error from closing a file that was only read is harmless.
    await this.#batches.return(undefined).catch(() => {});
  }

  #requireUncut(): void {
    if (this.#isCut) throw new LogClosedError("read");
  }

  async #ending(call: Promise<Result>): Promise<Result> {
    let hasEnded = true;
    try {
      const result = await call;
      hasEnded = result.done === true;
      return result;
    } finally {
      if (hasEnded) this.#reads.open.delete(this);
    }
  }
}

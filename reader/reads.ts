import { requireInteger, requireOptions } from "../argument.ts";
import { invariant } from "../invariant.ts";
import {
  type BatchSource,
  CompactedError,
  type RecordBatch,
} from "../storage/frame_log.ts";
import type { MaybePromise } from "../storage/storage.ts";
import { LogClosedError } from "../writer/log_closed_error.ts";
import type { LogRecord } from "../writer/record.ts";
import type { LogSource } from "./log_source.ts";
import { type Decode, RecordReader } from "./record_reader.ts";
import {
  END,
  isLater,
  type Next,
  SerialGenerator,
} from "./serial_generator.ts";

/** Which records to read. */
export interface ReadOptions {
  /** LSN of the first record. Default: the oldest that the log still has. */
  from?: number | undefined;
  /** LSN of the last record. Default: the last written when reading begins. */
  to?: number | undefined;
}

const READ_OPTIONS: readonly (keyof ReadOptions)[] = ["from", "to"];

/** Reads a log, and keeps track of the reads in progress. */
export class OpenReads<Out = Uint8Array<ArrayBuffer>> {
  readonly #log: LogSource;
  readonly #decode: Decode<Out>;
  /** The reads in progress. */
  readonly open: Set<OpenRead> = new Set();
  #isClosed = false;
  /** Number of calls of `get` in progress, and what the last one calls. */
  #gets = 0;
  #noGets: (() => void) | undefined;

  /** Reads `log` up to the last record written when a read begins. */
  constructor(log: LogSource, decode: Decode<Out>) {
    this.#log = log;
    this.#decode = decode;
  }

  /** Whether the log is closed, or is being closed. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** A read by batches; it begins with the first call of `next`. */
  readBatches(options: ReadOptions): BatchReader {
    return new BatchReader(this.#read(options));
  }

  /** A read by records. */
  read(options: ReadOptions): RecordReader<Out> {
    const read = this.#read(options);
    const records = new RecordReader(read, this.#decode);
    read.onCut = () => records.cut();
    return records;
  }

  /**
   * Reads record `lsn`; `undefined` if a salvage gave it up. A call in progress
   * keeps `close` waiting.
   */
  async get(lsn: number): Promise<LogRecord<Out> | undefined> {
    if (this.#isClosed) throw new LogClosedError("read");
    const first = this.#log.firstLsn;
    this.#requireKept(lsn, first);
    const last = this.#log.reached("os");
    requireInteger("read a record", "its LSN", lsn, first, last);
    this.#gets++;
    try {
      const batch = await firstOf(this.#log.read(lsn, lsn));
      this.#requireKept(lsn, this.#log.firstLsn);
      const index = lsn - batch.firstLsn;
      if (batch.lost !== undefined && index < batch.lost) return undefined;
      const data = batch.records.at(index);
      invariant(data !== undefined, `a read without its record, ${lsn}`);
      const bytes = ownMemory(data!);
      return { lsn, data: this.#decode(bytes, lsn) };
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

  #read(options: ReadOptions): OpenRead {
    return new OpenRead(() => this.#begin(options), this);
  }

  /** Checks the options; `undefined` if there is nothing to read. */
  #begin(options: ReadOptions): BatchSource | undefined {
    requireOptions("read", options, READ_OPTIONS);
    const first = this.#log.firstLsn;
    const last = this.#log.reached("os");
    const { from = first, to = last } = options;
    this.#requireKept(from, first);
    requireInteger("read from a record", "its LSN", from, first, last + 1);
    requireInteger("read to a record", "its LSN", to, from - 1, last);
    return from <= to ? this.#log.read(from, to) : undefined;
  }

  #requireKept(lsn: number, first: number): void {
    if (Number.isSafeInteger(lsn) && lsn > 0 && lsn < first) {
      throw new CompactedError(lsn, first);
    }
  }
}

/** The first batch of a read of one record, which it ends. */
async function firstOf(batches: BatchSource): Promise<RecordBatch> {
  try {
    const { value, done } = await batches.next();
    invariant(!done, "a read that finds no record");
    return value as RecordBatch;
  } finally {
    await batches.return?.(undefined);
  }
}

/** A copy of `data` if it would keep more than twice its size in memory. */
function ownMemory(data: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return data.buffer.byteLength > 2 * data.length ? data.slice() : data;
}

/** A read that ends with an error, not silently, when the log closes. */
export class OpenRead implements BatchSource {
  readonly #begin: () => BatchSource | undefined;
  readonly #reads: Pick<OpenReads, "open" | "isClosed">;
  #batches: BatchSource | undefined;
  #hasBegun = false;
  #hasEnded = false;
  #isCut = false;
  /** The call in progress. */
  #call: Promise<unknown> | undefined;
  /** Called if the log closes during the read. */
  onCut: () => void = () => {};

  /** A read of what `begin` returns, tracked by `reads`. */
  constructor(
    begin: () => BatchSource | undefined,
    reads: Pick<OpenReads, "open" | "isClosed">,
  ) {
    this.#begin = begin;
    this.#reads = reads;
  }

  /** The next batch, or the end; one call at a time. */
  next(): MaybePromise<Next<RecordBatch>> {
    if (!this.#hasBegun) this.#isCut = this.#reads.isClosed;
    this.#requireUncut();
    if (this.#hasEnded) return END;
    try {
      if (!this.#hasBegun) this.#start();
      const taken = this.#batches?.next() ?? END;
      return isLater(taken) ? this.#settle(taken) : this.#found(taken);
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  /** Ends it early and closes its files. */
  async return(): Promise<Next<RecordBatch>> {
    this.#end();
    await this.#batches?.return?.(undefined);
    return END;
  }

  /** Ends it because the log closes, after any call in progress. */
  async cut(): Promise<void> {
    this.#isCut = true;
    this.onCut();
    await this.#call;
    // An error from closing a file that was only read is harmless.
    await this.return().catch(() => {});
  }

  #start(): void {
    this.#hasBegun = true;
    this.#batches = this.#begin();
    this.#reads.open.add(this);
  }

  async #settle(
    taking: Promise<IteratorResult<RecordBatch, unknown>>,
  ): Promise<Next<RecordBatch>> {
    this.#call = taking.catch(() => {});
    try {
      return this.#found(await taking);
    } catch (error) {
      this.#end();
      throw error;
    } finally {
      this.#call = undefined;
    }
  }

  /** A read that was cut meanwhile may have ended early, so it must not end. */
  #found(taken: IteratorResult<RecordBatch, unknown>): Next<RecordBatch> {
    this.#requireUncut();
    return taken.done ? this.#end() : taken;
  }

  #requireUncut(): void {
    if (this.#isCut) throw new LogClosedError("read");
  }

  #end(): Next<never> {
    this.#hasBegun = true;
    this.#hasEnded = true;
    this.#reads.open.delete(this);
    return END;
  }
}

/** A read by batches. */
export class BatchReader extends SerialGenerator<RecordBatch> {
  readonly #batches: OpenRead;

  /** Reads `batches`, which nothing else may use. */
  constructor(batches: OpenRead) {
    super();
    this.#batches = batches;
  }

  protected override take(): MaybePromise<Next<RecordBatch>> {
    return this.#batches.next();
  }

  protected override end(): MaybePromise<unknown> {
    return this.#batches.return();
  }
}

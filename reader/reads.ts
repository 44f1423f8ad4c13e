import { requireInteger, requireOptions } from "../argument.ts";
import { invariant } from "../invariant.ts";
import { CompactedError } from "../storage/frame_log.ts";
import type { MaybePromise } from "../storage/storage.ts";
import { systemTurns } from "../storage/turns.ts";
import { LogClosedError } from "../writer/log_closed_error.ts";
import type { LogRecord } from "../writer/record.ts";
import type { ReadRange } from "./begin_specially.ts";
import { firstOf } from "./first_of.ts";
import type { LogSource } from "./log_source.ts";
import {
  BatchReader,
  type BegunRead,
  OpenRead,
  type ReadTracker,
} from "./open_read.ts";
import { type Decode, RecordReader } from "./record_reader.ts";
import { requireSignal } from "./require_signal.ts";

/** Which records to read, by batches. */
export interface ReadBatchesOptions {
  /** LSN of the first record. Default: the oldest that the log still has. */
  from?: number | undefined;
  /** LSN of the last record. Default: the last written when reading begins. */
  to?: number | undefined;
  /**
   * Leaves out the records written before this time: a `Date`, or ms since
   * 1970, by the writer's clock. It is found by a search, not by a scan, see
   * {@linkcode LogView.lsnAt}. Default: leaves out none.
   */
  since?: Date | number | undefined;
  /** Ends the read: the next call rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Which records to read. */
export interface ReadOptions extends ReadBatchesOptions {
  /** Whether to begin with the last record. Default: `false`. */
  reverse?: boolean | undefined;
}

const BATCHES_OPTIONS: readonly (keyof ReadBatchesOptions)[] = [
  ...["from", "to", "since", "signal"] as const,
];

const READ_OPTIONS: readonly (keyof ReadOptions)[] = [
  ...BATCHES_OPTIONS,
  "reverse",
];

/** Records that `last` reads at once, at most. */
const MOST_AT_ONCE = 16_384;

/** Reads a log, and keeps track of the reads in progress. */
export class OpenReads<Out = Uint8Array<ArrayBuffer>> implements ReadTracker {
  readonly #log: LogSource;
  readonly #decode: Decode<Out>;
  readonly #refresh: () => Promise<void> | undefined;
  /** The reads in progress. */
  readonly open: Set<OpenRead> = new Set();
  /** Followers that are being loaded. */
  readonly loading: Set<Promise<unknown>> = new Set();
  #isClosed = false;
  /** Number of calls of `get` and the like, and what the last one calls. */
  #gets = 0;
  #noGets: (() => void) | undefined;

  /**
   * Reads `log` up to the last record written when a read begins, after
   * `refresh`.
   */
  constructor(
    log: LogSource,
    decode: Decode<Out>,
    refresh: () => Promise<void> | undefined = () => undefined,
  ) {
    this.#log = log;
    this.#decode = decode;
    this.#refresh = refresh;
  }

  /** Whether the log is closed, or is being closed. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** A read by batches; it begins with the first call of `next`. */
  readBatches(options: ReadBatchesOptions): BatchReader {
    const begin = () => this.#begin(options, BATCHES_OPTIONS);
    return new BatchReader(this.#open(options, begin));
  }

  /** A read by records. */
  read(options: ReadOptions, atOnce?: number): RecordReader<Out> {
    const isReverse = options?.reverse === true;
    const begin = () => this.#begin(options, READ_OPTIONS, atOnce);
    const read = this.#open(options, begin, isReverse);
    const records = new RecordReader(read, this.#decode, {
      signal: options?.signal,
      step: isReverse ? -1 : 1,
    });
    read.onCut = () => records.cut();
    return records;
  }

  /** Reads the last `count` records; the oldest of them comes first. */
  async last(count: number): Promise<LogRecord<Out>[]> {
    if (this.#isClosed) throw new LogClosedError("read");
    requireInteger("read the last records", "their number", count, 0);
    const found: LogRecord<Out>[] = [];
    if (count === 0) return found;
    const atOnce = Math.min(count, MOST_AT_ONCE);
    for await (const record of this.read({ reverse: true }, atOnce)) {
      found.push(record);
      if (found.length === count) break;
    }
    return found.reverse();
  }

  /** LSN of the first record written at `time` or later. */
  async lsnAt(time: Date | number): Promise<number> {
    if (this.#isClosed) throw new LogClosedError("read");
    return await this.#counted(async () => {
      const { findByTime, requireTime } = await import("./on_demand.ts");
      const at = requireTime("find a record by its time", "the time", time);
      await this.#refresh();
      return await findByTime(this.#log, at);
    });
  }

  /**
   * Reads record `lsn`; `undefined` if a salvage gave it up. A call in progress
   * keeps `close` waiting.
   */
  async get(lsn: number): Promise<LogRecord<Out> | undefined> {
    if (this.#isClosed) throw new LogClosedError("read");
    return await this.#counted(async () => {
      const refreshing = this.#refresh();
      if (refreshing !== undefined) await refreshing;
      const first = this.#log.firstLsn;
      this.#requireKept(lsn, first);
      const last = this.#log.reached("os");
      requireInteger("read a record", "its LSN", lsn, first, last);
      const batch = await firstOf(this.#log.read(lsn, lsn));
      this.#requireKept(lsn, this.#log.firstLsn);
      const index = lsn - batch.firstLsn;
      if (batch.lost !== undefined && index < batch.lost) return undefined;
      const data = batch.records.at(index);
      invariant(data !== undefined, `a read without its record, ${lsn}`);
      const bytes = ownMemory(data!);
      return { lsn, data: this.#decode(bytes, lsn) };
    });
  }

  /**
   * Resolves once followers that were asked for a record have begun. Without
   * it, a log that closes soon would be closed before they look at it.
   */
  async begun(): Promise<void> {
    await Promise.allSettled(this.loading);
    await new Promise<void>((resolve) => systemTurns.endOfTurn(resolve));
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

  /** Keeps `close` waiting for a call. */
  async #counted<Found>(call: () => Promise<Found>): Promise<Found> {
    this.#gets++;
    try {
      return await call();
    } finally {
      if (--this.#gets === 0) this.#noGets?.();
    }
  }

  #open(
    options: ReadBatchesOptions,
    begin: () => MaybePromise<BegunRead | undefined>,
    isReverse = false,
  ): OpenRead {
    return new OpenRead({
      begin,
      tracker: this,
      signal: options?.signal,
      ...(!isReverse && { log: this.#log }),
    });
  }

  /** Checks the options; `undefined` if there is nothing to read. */
  #begin(
    options: ReadOptions,
    known: readonly string[],
    atOnce?: number,
  ): MaybePromise<BegunRead | undefined> {
    requireOptions("read", options, known);
    requireSignal("read", options.signal);
    const refreshing = this.#refresh();
    const isPlain = options.since === undefined &&
      options.reverse === undefined;
    if (isPlain && refreshing === undefined) return this.#beginNow(options);
    return this.#beginLater(refreshing, options, isPlain, atOnce);
  }

  #beginNow(options: ReadBatchesOptions): BegunRead | undefined {
    const { from, to } = this.#range(options);
    if (from > to) return undefined;
    return { batches: this.#log.read(from, to), to, cuts: this.#log.cuts };
  }

  /** What takes more than a look at the options. */
  async #beginLater(
    refreshing: Promise<void> | undefined,
    options: ReadOptions,
    isPlain: boolean,
    atOnce: number | undefined,
  ): Promise<BegunRead | undefined> {
    if (refreshing !== undefined) await refreshing;
    if (isPlain) return this.#beginNow(options);
    const { beginSpecially } = await import("./on_demand.ts");
    const range = () => this.#range(options);
    return await beginSpecially(this.#log, options, range, atOnce);
  }

  #range(options: ReadBatchesOptions): ReadRange {
    const first = this.#log.firstLsn;
    const last = this.#log.reached("os");
    const { from = first, to = last } = options;
    this.#requireKept(from, first);
    requireInteger("read from a record", "its LSN", from, first, last + 1);
    requireInteger("read to a record", "its LSN", to, from - 1, last);
    return { from, to };
  }

  #requireKept(lsn: number, first: number): void {
    if (Number.isSafeInteger(lsn) && lsn > 0 && lsn < first) {
      throw new CompactedError(lsn, first);
    }
  }
}

/** A copy of `data` if it would keep more than twice its size in memory. */
function ownMemory(data: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return data.buffer.byteLength > 2 * data.length ? data.slice() : data;
}

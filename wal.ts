import { type AckLevel, requireAckLevel } from "./ack_level.ts";
import type { AppendOptions } from "./append_options.ts";
import { measureRecord, requireRecord } from "./encode_record.ts";
import { LogClosedError } from "./log_closed_error.ts";
import type { LogRecord } from "./log_record.ts";
import type { LsnRange } from "./lsn_range.ts";
import { makeEntry } from "./make_entry.ts";
import { OpenReads } from "./open_reads.ts";
import { openFrameLog, type WalTarget } from "./open_frame_log.ts";
import type { ReadOptions } from "./read_options.ts";
import type { FrameLog, RecordBatch } from "./storage/frame_log.ts";
import { requireKnown } from "./require_known.ts";
import { requireLsn } from "./require_argument.ts";
import { DEFAULT_ACK } from "./synchronous.ts";
import {
  type CheckedOptions,
  checkOptions,
  type WalOptions,
} from "./wal_options.ts";
import { Writer } from "./writer.ts";

const APPEND_OPTIONS: readonly (keyof AppendOptions)[] = ["ack"];

/**
 * A write-ahead log: an ordered, durable sequence of records, numbered by LSN
 * from 1 without gaps, but for holes that a salvage left.
 *
 * Any number of calls may run concurrently; LSNs are given in call order. One
 * `Wal` at a time has a directory open, across processes and runtimes.
 *
 * After a failed write or sync every pending and later call rejects with
 * `LogFailedError`; after `close`, with `LogClosedError`.
 *
 * @example
 * ```ts
 * import { Wal } from "@syncline/wal";
 * import { MemoryStorage } from "@syncline/wal/storage";
 * import assert from "node:assert/strict";
 *
 * await using wal = await Wal.open(new MemoryStorage());
 * assert.equal(await wal.append("first"), 1); // durable when it resolves
 * const { last } = await wal.appendBatch(["second", "third"]); // atomic
 * assert.equal(last, 3);
 *
 * const texts: string[] = [];
 * for await (const { data } of wal.read({ from: 2 })) {
 *   texts.push(new TextDecoder().decode(data));
 * }
 * assert.deepEqual(texts, ["second", "third"]);
 * ```
 */
export class Wal implements AsyncDisposable {
  readonly #log: FrameLog;
  readonly #writer: Writer;
  readonly #ack: AckLevel;
  readonly #reads: OpenReads;
  #truncating: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  private constructor(log: FrameLog, writer: Writer, options: CheckedOptions) {
    this.#log = log;
    this.#writer = writer;
    this.#reads = new OpenReads(log, () => this.#writer.writtenLsn);
    this.#ack = DEFAULT_ACK[options.synchronous];
  }

  /**
   * Opens or makes the log at `target`, recovering it if its writer died.
   *
   * When it resolves, this process holds the lock and everything that can be
   * read is durable; but on a full disk the end may be durable only with the
   * next sync. No byte that was there is changed, but with
   * `recovery: "salvage"`, which keeps the original bytes beside.
   *
   * Throws `TypeError` or `RangeError` for bad options, `LogLockedError` when
   * it is open elsewhere, `CorruptLogError` when acknowledged records may be
   * damaged or missing, `FormatVersionError`, `ForeignFileError`,
   * `LogExistsError`, `StorageFullError` or `StorageError`.
   */
  static async open(target: WalTarget, options: WalOptions = {}): Promise<Wal> {
    const checked = checkOptions(options);
    const log = await openFrameLog(target, options.storage, checked);
    try {
      return new Wal(log, await makeWriter(log, checked), checked);
    } catch (error) {
      await log.close(false);
      throw error;
    }
  }

  /**
   * Appends one record, of 0 to 67,108,860 bytes, copied in the call; a string
   * as UTF-8. Resolves with its LSN when it has reached the level `ack`.
   *
   * Waits in order while the queue is full. Rejects with `TypeError`,
   * `RecordTooLargeError`, or with `QueueFullError` when as many appends wait
   * as may wait; nothing is queued then. Rejects with `StorageFullError` when
   * the disk is full: nothing of it is there, and the log goes on.
   */
  append(
    record: Uint8Array | string,
    options?: AppendOptions,
  ): Promise<number> {
    // Not an async function, which would make a second promise each time.
    try {
      this.#refuseIfClosed("append");
      const level = this.#level(options);
      const size = measureRecord(requireRecord(record));
      return this.#writer.append(record, size, level);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Appends records that stay together: contiguous LSNs, one frame, all or none
   * after a crash. Resolves when all have reached the level `ack`.
   *
   * Together they may take 67,108,864 bytes with 4 for each. Rejects with
   * `TypeError`, `RecordTooLargeError`, `QueueFullError` as `append` does, or
   * `RangeError` for no record.
   */
  appendBatch(
    records: Iterable<Uint8Array | string>,
    options?: AppendOptions,
  ): Promise<LsnRange> {
    try {
      this.#refuseIfClosed("append");
      const level = this.#level(options);
      return this.#writer.appendTogether(makeEntry(records, level));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Queues one record for the log's own level and returns its LSN at once, with
   * no promise; see {@linkcode Wal.settled}. Nothing is promised of it yet.
   *
   * Throws `QueueFullError` when there is no room, `TypeError` or
   * `RecordTooLargeError`; the record is then not queued. Throws
   * `StorageFullError` once if records queued before were dropped because the
   * disk was full and no call waited for them: its `lsn` says from which on, and
   * those LSNs are given out again.
   */
  enqueue(record: Uint8Array | string): number {
    this.#refuseIfClosed("enqueue");
    const size = measureRecord(requireRecord(record));
    return this.#writer.enqueue(record, size, this.#ack);
  }

  /**
   * Resolves when all records up to `lsn` have reached `level`, by default the
   * log's own. It waits for the policy; `flush` does not.
   *
   * Rejects with `RangeError` when `lsn` was not given out yet.
   */
  async settled(lsn: number, level: AckLevel = this.#ack): Promise<void> {
    this.#refuseIfClosed("wait");
    requireLsn("wait for", lsn, 1, this.#writer.lastLsn);
    await this.#writer.settled(lsn, requireAckLevel(level));
  }

  /**
   * Flushes and syncs everything appended before the call, whatever the policy
   * says. Resolves with the last LSN, 0 if there is none, when all is durable.
   */
  async flush(): Promise<number> {
    this.#refuseIfClosed("flush");
    return await this.#writer.flush();
  }

  /**
   * Reads the records `from` to `to`, both included. What is appended after
   * reading began is not read; queued records are not either. Records that a
   * salvage gave up are skipped: the LSN jumps.
   *
   * Throws `CompactedError` when a record was dropped, also meanwhile,
   * `RangeError` when a bound is not written yet,
   * `CorruptLogError` at the first record that is damaged or missing, and
   * `LogClosedError` when the log is closed before all is read.
   */
  read(
    options: ReadOptions = {},
  ): AsyncGenerator<LogRecord, undefined, undefined> {
    return this.#reads.read(options);
  }

  /** As {@linkcode Wal.read}, but a frame's records at a time: faster. */
  readBatches(options: ReadOptions = {}): AsyncGenerator<RecordBatch> {
    return this.#reads.readBatches(options);
  }

  /**
   * Drops the records below `lsn`, as after a checkpoint; all others stay. When
   * it resolves, they are gone for good: reading one throws `CompactedError`,
   * and so does a read that has not come further. The space of a segment is free
   * once all of its records are dropped. With the last LSN plus 1 the log is
   * empty, and goes on counting from there.
   *
   * Works on a full disk, from the log's reserve. Calls run one after the other.
   * Rejects with `RangeError` when `lsn` lies beyond the end, with `FencedError`
   * when another owner has taken over, and with `StorageError` when files cannot
   * be removed now; the records are dropped then all the same.
   */
  async truncateBefore(lsn: number): Promise<void> {
    this.#refuseIfClosed("truncate");
    requireLsn("truncate before", lsn, 1, this.#writer.writtenLsn + 1);
    this.#writer.requireHealth();
    const turn = this.#truncating.then(() => this.#log.truncateBefore(lsn));
    this.#truncating = turn.catch(() => {});
    await turn;
  }

  /**
   * Flushes and syncs everything appended, and releases the lock. A second
   * call returns the same promise. Rejects if the last flush fails, or if the
   * log failed before and no call rejected for that; the lock is released all
   * the same. After a failure that was heard of it only releases. Reads that
   * have not ended are ended: the next call of each rejects.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** The same as {@linkcode Wal.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const readsClosed = this.#reads.close();
    try {
      await this.#writer.drain();
    } finally {
      this.#writer.stop();
      await this.#truncating;
      await readsClosed;
      await this.#log.close(!this.#writer.hasFailed);
    }
  }

  #level(options: AppendOptions | undefined): AckLevel {
    if (options === undefined) return this.#ack;
    requireKnown("append", options, APPEND_OPTIONS);
    return options?.ack === undefined
      ? this.#ack
      : requireAckLevel(options.ack);
  }

  #refuseIfClosed(action: string): void {
    if (this.#closing !== undefined) throw new LogClosedError(action);
  }
}

/** What records a trace is loaded for a log that asks for one. */
async function makeWriter(
  log: FrameLog,
  options: CheckedOptions,
): Promise<Writer> {
  const { trace } = options;
  if (trace === undefined) return new Writer(log, options);
  const [{ TraceRecorder }, { TracedWriter }] = await Promise.all([
    import("./trace/trace_recorder.ts"),
    import("./traced_writer.ts"),
  ]);
  return new TracedWriter(log, options, new TraceRecorder(trace, options));
}

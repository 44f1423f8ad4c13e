import { requireInteger, requireOptions } from "./argument.ts";
import { openFrameLog, type WalTarget } from "./open_log.ts";
import { LogView } from "./reader/log_view.ts";
import type { LogSource } from "./reader/log_source.ts";
import type { FrameLog } from "./storage/frame_log.ts";
import {
  type CheckedOptions,
  checkOptions,
  DEFAULT_ACK,
  type WalOptions,
} from "./wal_options.ts";
import { type AckLevel, requireAckLevel } from "./writer/acks.ts";
import { LogClosedError } from "./writer/log_closed_error.ts";
import {
  type LsnRange,
  makeRequest,
  measureRecord,
  requireRecord,
} from "./writer/record.ts";
import { Writer } from "./writer/writer.ts";

const APPEND_OPTIONS: readonly (keyof AppendOptions)[] = ["ack"];

/**
 * A write-ahead log: an ordered, durable sequence of records. LSNs count up
 * from 1 without gaps, except for holes left by a salvage.
 *
 * Any number of calls may run concurrently; LSNs are assigned in call order.
 * Only one `Wal` at a time can have a directory open, across processes and
 * runtimes.
 *
 * After a failed write or sync, pending and later appends, `flush`, `settled`
 * and `truncateBefore` fail with `LogFailedError`; what was written can still
 * be read, and `settled` still resolves for records that had reached the level.
 * After `close`, calls fail with `LogClosedError`.
 *
 * @example
 * ```ts
 * import { Wal } from "@syncline/wal";
 * import { MemoryStorage } from "@syncline/wal/storage";
 * import assert from "node:assert/strict";
 *
 * const wal = await Wal.open(new MemoryStorage());
 * assert.equal(await wal.append("first"), 1); // durable when it resolves
 * const { last } = await wal.appendBatch(["second", "third"]); // atomic
 * assert.equal(last, 3);
 *
 * const texts: string[] = [];
 * for await (const { data } of wal.read({ from: 2 })) {
 *   texts.push(new TextDecoder().decode(data));
 * }
 * assert.deepEqual(texts, ["second", "third"]);
 * await wal.close();
 * ```
 */
export class Wal extends LogView implements AsyncDisposable {
  readonly #log: FrameLog;
  readonly #writer: Writer;
  readonly #ack: AckLevel;
  #truncating: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  private constructor(log: FrameLog, writer: Writer, options: CheckedOptions) {
    super(sourceOf(log, writer), (bytes) => bytes);
    this.#log = log;
    this.#writer = writer;
    this.#ack = DEFAULT_ACK[options.synchronous];
  }

  /**
   * Opens the log at `target`, or creates it; recovers it if its writer
   * crashed.
   *
   * When it resolves, this process holds the lock and everything that can be
   * read is durable. On a full disk, the end of the log might not be durable
   * until the next sync. Opening changes no existing bytes, except with
   * `recovery: "salvage"`, which keeps a copy of the originals next to them.
   *
   * Throws `TypeError` or `RangeError` for bad options, `LogLockedError` if the
   * log is open elsewhere, `CorruptLogError` if acknowledged records may be
   * damaged or missing, `FormatVersionError`, `ForeignFileError`,
   * `LogExistsError`, `StorageFullError` or `StorageError`.
   */
  static async open(target: WalTarget, options: WalOptions = {}): Promise<Wal> {
    const checked = checkOptions(options);
    const log = await openFrameLog(target, options.storage, checked);
    try {
      return new Wal(log, await makeWriter(log, checked, options), checked);
    } catch (error) {
      await log.close(false);
      throw error;
    }
  }

  /**
   * Appends one record of 0 to 67,108,860 bytes; a string is encoded as UTF-8.
   * Resolves with its LSN once the record has reached the level `ack`.
   *
   * The record is copied during the call, so its buffer may be reused at once.
   * While the queue is full, appends wait in order. Rejects with `TypeError` or
   * `RecordTooLargeError`, or with `QueueFullError` if too many appends are
   * already waiting; nothing is queued then. Rejects with `StorageFullError` if
   * the disk is full: nothing of the record is on disk, and the log stays
   * usable.
   */
  append(
    record: Uint8Array | string,
    options?: AppendOptions,
  ): Promise<number> {
    // Not an async function: that would create a second promise per call.
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
   * Appends several records atomically: they get contiguous LSNs in one frame,
   * and a crash keeps all or none. Resolves when all have reached the level
   * `ack`.
   *
   * Together they may take 67,108,864 bytes, counting 4 extra bytes per record.
   * Rejects with `RangeError` if there are no records, and otherwise like
   * `append`.
   */
  appendBatch(
    records: Iterable<Uint8Array | string>,
    options?: AppendOptions,
  ): Promise<LsnRange> {
    try {
      this.#refuseIfClosed("append");
      const level = this.#level(options);
      return this.#writer.appendTogether(makeRequest(records, level));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Queues one record at the default level of the log and returns its LSN at
   * once, without a promise. Nothing is guaranteed about the record yet; see
   * {@linkcode Wal.settled}.
   *
   * Throws `QueueFullError` if there is no room, `TypeError` or
   * `RecordTooLargeError`; the record is not queued then. Throws
   * `StorageFullError` once if records queued earlier were dropped because the
   * disk was full and no call was waiting for them. Its `lsn` is the first LSN
   * that was dropped; LSNs from there on are assigned again.
   */
  enqueue(record: Uint8Array | string): number {
    this.#refuseIfClosed("enqueue");
    const size = measureRecord(requireRecord(record));
    return this.#writer.enqueue(record, size, this.#ack);
  }

  /**
   * Resolves when all records up to `lsn` have reached `level`, which defaults
   * to the level of the log. It waits for the policy; `flush` does not.
   *
   * Rejects with `RangeError` if `lsn` has not been assigned yet.
   */
  async settled(lsn: number, level: AckLevel = this.#ack): Promise<void> {
    this.#refuseIfClosed("wait");
    requireInteger(
      "wait for a record",
      "its LSN",
      lsn,
      1,
      this.#writer.lastLsn,
    );
    await this.#writer.settled(lsn, requireAckLevel("wait", "level", level));
  }

  /**
   * Flushes and syncs everything appended before the call, whatever the policy
   * says. Resolves when all of it is durable, with the last LSN, or
   * `firstLsn - 1` (0 by default) if there is none.
   */
  async flush(): Promise<number> {
    this.#refuseIfClosed("flush");
    return await this.#writer.flush();
  }

  /**
   * Drops all records below `lsn`, as after a checkpoint; all others stay.
   *
   * When it resolves, the dropped records are gone for good: reading one throws
   * `CompactedError`, even in a read already under way. A segment's disk space
   * is freed once all of its records have been dropped. If `lsn` is the last
   * LSN plus 1, the log becomes empty and continues counting from there.
   *
   * Works on a full disk by using the log's reserve. Concurrent calls run one
   * after the other. Rejects with `RangeError` if `lsn` is more than one beyond
   * the last record written, with `FencedError` if another owner has taken
   * over, and with `StorageError` if files cannot be removed now; the records
   * are dropped even so.
   */
  async truncateBefore(lsn: number): Promise<void> {
    this.#refuseIfClosed("truncate");
    const most = this.#writer.writtenLsn + 1;
    requireInteger("truncate before a record", "its LSN", lsn, 1, most);
    this.#writer.requireHealth();
    const turn = this.#truncating.then(() => this.#log.truncateBefore(lsn));
    this.#truncating = turn.catch(() => {});
    await turn;
  }

  /**
   * Flushes and syncs everything appended, and releases the lock.
   *
   * A second call returns the same promise. Rejects if the last flush fails, or
   * if the log failed earlier and no call has reported it; the lock is released
   * even so. After a failure that was reported, it only releases the lock. It
   * also ends reads that are still running: the next call on each rejects.
   * Followers that have seen everything end; those that lag reject.
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
    if (this.reads.loading.size > 0) await this.reads.begun();
    const readsClosed = this.reads.close();
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
    requireOptions("append", options, APPEND_OPTIONS);
    return options?.ack === undefined
      ? this.#ack
      : requireAckLevel("append", "ack", options.ack);
  }

  #refuseIfClosed(action: string): void {
    if (this.#closing !== undefined) throw new LogClosedError(action);
  }
}

/** The log as readers of this process see it. */
function sourceOf(log: FrameLog, writer: Writer): LogSource {
  return {
    files: log.files,
    get firstLsn() {
      return log.firstLsn;
    },
    get cuts() {
      return writer.cuts.count;
    },
    get end() {
      return writer.end;
    },
    reached: (level) => writer.reached(level),
    read: (from, to) => log.read(from, to),
    get tail() {
      return writer.tail;
    },
    lowestSince: (cuts) => writer.cuts.lowestSince(cuts),
    prepare: (tail) => writer.showTail(tail),
    onAdvance: (wake, level = "os") => writer.tail!.watch(wake, level),
  };
}

/** The writer of a log; only one with a trace loads what records it. */
async function makeWriter(
  log: FrameLog,
  options: CheckedOptions,
  { policy }: WalOptions,
): Promise<Writer> {
  const { trace } = options;
  if (trace === undefined) return new Writer(log, options);
  const { TracedWriter } = await import("./trace/traced_writer.ts");
  const name = policy === undefined ? "leader" : trace.policy;
  return new TracedWriter(log, options, trace, name);
}

/** Options of an append. */
export interface AppendOptions {
  /**
   * What must be true when the promise resolves. Default: the log's level,
   * which is `"disk"` unless `synchronous` lowers it.
   */
  ack?: AckLevel | undefined;
}

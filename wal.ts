import { requireInteger, requireMethod } from "./argument.ts";
import type {
  Checkpoint,
  CheckpointOptions,
  Checkpoints,
  WriteSnapshot,
} from "./checkpoint/checkpoint.ts";
import type { Codec } from "./codec/codec.ts";
import { LogAppender } from "./log_appender.ts";
import { openFrameLog, type WalTarget } from "./open_log.ts";
import type { BatchPolicy } from "./policies/batch_policy.ts";
import type { FrameLog } from "./storage/frame_log.ts";
import { requireFiles } from "./storage/no_directory_error.ts";
import {
  type CheckedOptions,
  checkOptions,
  DEFAULT_ACK,
  type WalOptions,
} from "./wal_options.ts";
import { checkMeta } from "./writer/append_options.ts";
import type { RecordInput } from "./writer/record.ts";
import { Writer } from "./writer/writer.ts";

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
export class Wal<In = RecordInput, Out = Uint8Array<ArrayBuffer>>
  extends LogAppender<In, Out>
  implements AsyncDisposable {
  readonly #log: FrameLog;
  readonly #options: CheckedOptions;
  #truncating: Promise<unknown> = Promise.resolve();
  #checkpoints: Promise<Checkpoints> | undefined;

  private constructor(
    log: FrameLog,
    writer: Writer,
    options: CheckedOptions,
    codec: Codec<In, Out> | undefined,
  ) {
    super(log, writer, DEFAULT_ACK[options.synchronous], codec);
    this.#log = log;
    this.#options = options;
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
   * With a `codec`, the log takes and gives back the values of a type instead
   * of bytes.
   *
   * Throws `TypeError` or `RangeError` for bad options, `LogLockedError` if the
   * log is open elsewhere, `CorruptLogError` if acknowledged records may be
   * damaged or missing, `FormatVersionError`, `ForeignFileError`,
   * `LogExistsError`, `StorageFullError` or `StorageError`.
   */
  static async open<In = RecordInput, Out = Uint8Array<ArrayBuffer>>(
    target: WalTarget,
    options: WalOptions<In, Out> = {},
  ): Promise<Wal<In, Out>> {
    const checked = checkOptions(options);
    const log = await openFrameLog(target, options.storage, checked);
    try {
      if (checked.cursors) requireFiles("hold back for cursors", log.files);
      const writer = await makeWriter(log, checked, options.policy);
      return new Wal(log, writer, checked, options.codec);
    } catch (error) {
      await log.close(false);
      throw error;
    }
  }

  /**
   * Drops all records below `lsn`, as after a checkpoint; all others stay.
   * Resolves with the LSN of the oldest record kept, or of the next one if none
   * is kept: it is lower than `lsn` if cursors hold back what they need.
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
  async truncateBefore(lsn: number): Promise<number> {
    this.refuseIfClosed("truncate");
    this.#requireDroppable(lsn);
    this.writer.requireHealth();
    return await this.#alone(() => this.#drop(lsn));
  }

  /**
   * Writes a snapshot of the caller's state next to the log, and drops the
   * records that it covers; `restore` opens from it.
   *
   * It flushes, calls `write` with the LSN up to which everything is durable,
   * and writes what that returns: bytes, a string, or an iterable or a stream of
   * those, which is taken piece by piece. The snapshot must contain the effects
   * of all records up to that LSN. If it contains those of later ones, they are
   * replayed on top of it; pass `options.lsn` if the state covers a known LSN.
   *
   * When it resolves, the snapshot is durable, the records that no kept snapshot
   * and no cursor needs are dropped, and older snapshots are removed. If it
   * rejects before that, no record is dropped, and no part of a snapshot
   * remains. Concurrent calls run one after the other; appends go on
   * meanwhile. `close` ends a call whose snapshot is not yet durable.
   *
   * Rejects with `TypeError` or `RangeError` for a bad argument, with what
   * `write` or its stream throws, `StorageFullError`, `NoDirectoryError`,
   * `LogClosedError`, `LogFailedError`, `TruncatedError` if records that it
   * covers were cut off meanwhile, or as `truncateBefore` does: then the snapshot
   * is durable, and stays.
   */
  async checkpoint(
    write: WriteSnapshot,
    options: CheckpointOptions = {},
  ): Promise<Checkpoint> {
    this.refuseIfClosed("checkpoint");
    this.#checkpoints ??= this.#loadCheckpoints();
    return await (await this.#checkpoints).make(write, options);
  }

  /**
   * Drops all records after `lsn`: a conflict in a Raft log, or what a bad
   * deploy has written. The next record gets `lsn + 1`.
   *
   * When it resolves, no crash brings the dropped records back, and everything
   * up to `lsn` is durable. What was appended before the call is flushed first,
   * and what is appended after it waits until the log is cut; `enqueue` finds
   * the queue full meanwhile. Reads and followers that have gone beyond `lsn`
   * fail with `TruncatedError`. It takes about as long as opening the log, and
   * an epoch; see docs/format.md.
   *
   * Rejects with `RangeError` unless `lsn` is from `firstLsn - 1` to `lastLsn`;
   * with `StorageFullError` if the disk is full: nothing is dropped then, and
   * the log stays usable; with `StorageError` if files cannot be removed now:
   * the records are dropped even so; with `TypeError` if the log or its storage
   * cannot do it. After any other failure the log has failed.
   *
   * @example
   * ```ts
   * import { Wal } from "@syncline/wal";
   * import { MemoryStorage } from "@syncline/wal/storage";
   * import assert from "node:assert/strict";
   *
   * const wal = await Wal.open(new MemoryStorage());
   * await wal.appendBatch(["kept", "a conflict", "another"]);
   * await wal.truncateAfter(1);
   * assert.equal(wal.lastLsn, 1);
   * assert.equal(await wal.append("the leader's"), 2);
   * await wal.close();
   * ```
   */
  async truncateAfter(lsn: number): Promise<void> {
    this.refuseIfClosed("truncate");
    const action = "truncate after a record";
    const { firstLsn, lastLsn } = this;
    requireInteger(action, "its LSN", lsn, firstLsn - 1, lastLsn);
    requireMethod(action, "the log", this.#log, "truncateAfter");
    const turn = this.writer.truncateAfter(lsn, this.#truncating);
    this.#truncating = turn.catch(() => {});
    await turn;
  }

  /**
   * A small record about the log as a whole, such as a term and a vote or the
   * version of a schema; `undefined` if there is none. It outlives every
   * truncation.
   */
  get meta(): Uint8Array<ArrayBuffer> | undefined {
    return this.#log.meta?.bytes.slice();
  }

  /**
   * Replaces {@linkcode Wal.meta} by up to 4096 bytes; a string is encoded as
   * UTF-8. Durable when it resolves; a crash before leaves the old or the new
   * one. It takes two syncs; `append(record, { meta })` shares the sync of its record.
   *
   * Concurrent calls count in the order in which they were made. Rejects with
   * `TypeError` or `RangeError`, with `TypeError` if the log keeps no metadata,
   * and with `StorageFullError`, `FencedError` or `StorageError`.
   */
  async setMeta(meta: Uint8Array | string): Promise<void> {
    this.refuseIfClosed("set metadata");
    const bytes = checkMeta("set metadata", meta);
    requireMethod("set metadata", "the log", this.#log, "setMeta");
    await this.writer.setMeta(bytes);
  }

  /** Number of segments on storage; 0 for a log without. */
  get segmentCount(): number {
    return this.#log.segmentCount ?? 0;
  }

  /** Bytes of the segments on storage; 0 if the log does not tell. */
  get storedBytes(): number {
    return this.#log.storedBytes ?? 0;
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
    this.closing ??= this.#close();
    return this.closing;
  }

  /** The same as {@linkcode Wal.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    if (this.reads.loading.size > 0) await this.reads.begun();
    const readsClosed = this.reads.close();
    const checkpointed = this.#checkpoints
      ?.then((checkpoints) => checkpoints.close())
      .catch(() => {});
    try {
      await this.writer.drain();
    } finally {
      this.writer.stop();
      await checkpointed;
      await this.#truncating;
      await readsClosed;
      await this.#log.close(!this.writer.hasFailed);
    }
  }

  async #loadCheckpoints(): Promise<Checkpoints> {
    const files = requireFiles("checkpoint", this.#log.files);
    const { Checkpoints } = await import("./checkpoint/checkpoint.ts");
    return new Checkpoints(files, this.#log, this.writer, {
      alone: (act) => this.#alone(act),
      drop: (lsn) => this.#drop(lsn),
    });
  }

  /** Runs what drops records, or cuts them off, one call after the other. */
  #alone<Result>(act: () => Promise<Result>): Promise<Result> {
    const turn = this.#truncating.then(act);
    this.#truncating = turn.catch(() => {});
    return turn;
  }

  #requireDroppable(lsn: number): void {
    const most = this.writtenLsn + 1;
    requireInteger("truncate before a record", "its LSN", lsn, 1, most);
  }

  /** Drops what no cursor holds back. */
  async #drop(lsn: number): Promise<number> {
    this.#requireDroppable(lsn); // The log may have been cut back meanwhile.
    const { cursors, warn } = this.#options;
    const log = this.#log;
    let keepFrom = lsn;
    if (cursors !== undefined) {
      const { holdBack } = await import("./reader/cursors/mod.ts");
      const { firstLsn } = log;
      const request = { lsn, firstLsn, warn };
      keepFrom = await holdBack(log.files!, cursors, request);
    }
    await log.truncateBefore(keepFrom);
    return log.firstLsn;
  }
}

/** The writer of a log; only one with a trace loads what records it. */
async function makeWriter(
  log: FrameLog,
  options: CheckedOptions,
  policy: BatchPolicy | undefined,
): Promise<Writer> {
  const { trace } = options;
  if (trace === undefined) return new Writer(log, options);
  const { TracedWriter } = await import("./trace/traced_writer.ts");
  const name = policy === undefined ? "leader" : trace.policy;
  return new TracedWriter(log, options, trace, name);
}

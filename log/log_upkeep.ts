import { requireInteger, requireMethod } from "../argument.ts";
import type { BackupOptions, BackupReport } from "../backup/backup_log.ts";
import type {
  Checkpoint,
  CheckpointOptions,
  Checkpoints,
  WriteSnapshot,
} from "../checkpoint/checkpoint.ts";
import type { Codec } from "../codec/codec.ts";
import { LogAppender } from "./log_appender.ts";
import { WriterSource } from "../reader/writer_source.ts";
import type { FrameLog } from "../storage/frame_log.ts";
import { requireFiles } from "../storage/no_directory_error.ts";
import type { Storage } from "../storage/storage.ts";
import type { Upkeep } from "../upkeep/upkeep.ts";
import { UPKEEP } from "../upkeep/upkeep_options.ts";
import type { CheckedOptions, WalSettings } from "../wal_options.ts";
import { checkMeta } from "../writer/append_options.ts";
import type { RecordInput } from "../writer/record.ts";
import type { Writer } from "../writer/writer.ts";

/**
 * What keeps a log in shape: the part of `Wal` that drops records, makes
 * checkpoints, and keeps metadata.
 */
export abstract class LogUpkeep<In = RecordInput, Out = Uint8Array<ArrayBuffer>>
  extends LogAppender<In, Out> {
  /** What the log is made of. */
  readonly #log: FrameLog;
  /** LSN of the last record when it was opened. */
  readonly #openedLsn: number;
  #truncating: Promise<unknown> = Promise.resolve();
  #checkpoints: Promise<Checkpoints> | undefined;
  /** What it does by itself, once it was asked to do anything. */
  #upkeep: Promise<Upkeep> | undefined;

  /**
   * Keeps `log` in shape.
   *
   * @internal
   */
  protected constructor(
    log: FrameLog,
    writer: Writer,
    options: CheckedOptions,
    codec: Codec<In, Out> | undefined,
  ) {
    super(log, writer, options, codec);
    this.#log = log;
    this.#openedLsn = log.lastLsn;
  }

  /**
   * Drops all records below `lsn`, as after a checkpoint; all others stay.
   * Resolves with the LSN of the oldest record kept, or of the next one if none
   * is kept: it is lower than `lsn` if cursors hold back what they need, or the
   * archive does not have it yet.
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
   * When it resolves, the snapshot is durable, the records that no kept snapshot,
   * no cursor and no archive needs are dropped, and older ones are removed. If it
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
   * with `CompactedError` if more was dropped while it waited for its turn;
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
   * Copies the log to another directory while it goes on; the second time, only
   * what is new is copied. See docs/backup.md.
   *
   * What was appended before the call is flushed, and is in the backup, which is
   * durable when it resolves. It may overlap with all other calls; `close` does
   * not end it. Rejects as `backupLog` of `@syncline/wal/backup` does, with
   * `NoDirectoryError` if the log has no directory, and as `flush` does.
   *
   * @example
   * ```ts
   * import { Wal } from "@syncline/wal";
   * import { MemoryStorage } from "@syncline/wal/storage";
   * import assert from "node:assert/strict";
   *
   * const wal = await Wal.open(new MemoryStorage()); // or a directory
   * const backup = new MemoryStorage();
   * wal.enqueue("one");
   * const { lastLsn } = await wal.backup(backup);
   * assert.equal(lastLsn, 1);
   * await wal.close();
   * ```
   */
  async backup(
    target: string | URL | Storage,
    options: BackupOptions = {},
  ): Promise<BackupReport> {
    this.refuseIfClosed("back up");
    const files = requireFiles("back up", this.#log.files);
    const { backUp } = await import("../backup/backup_log.ts");
    const { writer } = this;
    return await backUp(files, target, options, {
      flushed: (signal) => writer.flush(signal),
      reached: (level) => writer.reached(level),
      get cuts() {
        return writer.readers.cuts.count;
      },
      alone: (act) => this.#alone(act),
    });
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
   * Changes settings, and what is done by itself accordingly.
   *
   * @internal
   */
  protected override async change(changes: WalSettings): Promise<void> {
    const changed = super.change(changes);
    await Promise.all([changed, this.beginUpkeep()]);
  }

  /**
   * Does by itself what the options say, from now on.
   *
   * @internal
   */
  protected async beginUpkeep(): Promise<void> {
    const { options } = this;
    const isIdle = UPKEEP.every((name) => options[name] === undefined);
    if (isIdle && this.#upkeep === undefined) return;
    this.#upkeep ??= this.#loadUpkeep();
    await (await this.#upkeep).configure(options);
  }

  /**
   * Ends what goes on in the background: no more is begun. Returns what waits
   * until all of it has ended, once nothing more is written.
   *
   * @internal
   */
  protected endUpkeep(): () => Promise<void> {
    const kept = this.#upkeep?.then((upkeep) => upkeep.end());
    const checkpointed = this.#checkpoints
      ?.then((checkpoints) => checkpoints.close())
      .catch(() => {});
    return async () => {
      await kept;
      await checkpointed;
      await this.#truncating;
    };
  }

  async #loadCheckpoints(): Promise<Checkpoints> {
    const files = requireFiles("checkpoint", this.#log.files);
    const { Checkpoints } = await import("../checkpoint/checkpoint.ts");
    return new Checkpoints(files, this.#log, this.writer, {
      alone: (act) => this.#alone(act),
      drop: (lsn) => this.#drop(lsn),
    });
  }

  async #loadUpkeep(): Promise<Upkeep> {
    const log = this.#log;
    const { writer, options } = this;
    const openedLsn = this.#openedLsn;
    const { Upkeep } = await import("../upkeep/upkeep.ts");
    return new Upkeep({
      log,
      writer,
      source: new WriterSource(log, writer),
      clock: options.clock,
      openedLsn,
      warn: (message) => this.options.warn(message),
      alone: (act) => this.#alone(act),
      hold: (lsn, blocked) => this.#hold(lsn, blocked),
      checkpoint: (write, options) => this.checkpoint(write, options),
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

  /** Drops what nothing holds back. */
  async #drop(lsn: number): Promise<number> {
    this.#requireDroppable(lsn); // The log may have been cut back meanwhile.
    const log = this.#log;
    await log.truncateBefore(await this.#hold(lsn, this.options.warn));
    return log.firstLsn;
  }

  /** LSN below which cursors and the archive let records go. */
  async #hold(
    lsn: number,
    blocked: (message: string) => void,
  ): Promise<number> {
    const { cursors, archive, warn } = this.options;
    let keepFrom = this.access.replica?.hold(lsn) ?? lsn;
    if (cursors !== undefined) {
      const { holdBack, placeOf } = await import("../reader/cursors/mod.ts");
      const { firstLsn, files } = this.#log;
      const place = placeOf("hold back for cursors", files, this.#log);
      const isArchived = archive !== undefined;
      const request = { lsn: keepFrom, firstLsn, warn, blocked, isArchived };
      keepFrom = await holdBack(place, cursors, request);
    }
    if (archive === undefined) return keepFrom;
    const upkeep = await this.#upkeep;
    return Math.min(keepFrom, upkeep?.heldFrom ?? 0);
  }
}

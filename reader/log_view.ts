import type { ReadSnapshot } from "../checkpoint/restore.ts";
import type { RecordBatch } from "../storage/frame_log.ts";
import { LogClosedError } from "../writer/log_closed_error.ts";
import type { LogRecord } from "../writer/record.ts";
import type { Cursor, CursorOptions } from "./cursors/cursor.ts";
import type { LogSource } from "./log_source.ts";
import { OpenReads, type ReadOptions } from "./reads.ts";
import type { Decode } from "./record_reader.ts";

/**
 * What can be read of a log: the part that a `Wal`, which writes it, and a
 * `WalReader` in another process have in common.
 */
export abstract class LogView<Out = Uint8Array<ArrayBuffer>> {
  readonly #source: LogSource;
  /** The reads in progress, for `close`. */
  protected readonly reads: OpenReads<Out>;

  /** Reads `source`; `decode` makes what callers get of a record's bytes. */
  protected constructor(source: LogSource, decode: Decode<Out>) {
    this.#source = source;
    this.reads = new OpenReads(source, decode);
  }

  /** LSN of the oldest record kept, or of the next one if there is none. */
  get firstLsn(): number {
    return this.#source.firstLsn;
  }

  /** LSN of the last record, which may still be queued. */
  get lastLsn(): number {
    return this.#source.reached("memory");
  }

  /** LSN up to which records are written: they survive a killed process. */
  get writtenLsn(): number {
    return this.#source.reached("os");
  }

  /** LSN up to which records are synced: they survive a power loss. */
  get durableLsn(): number {
    return this.#source.reached("disk");
  }

  /**
   * Reads one record. Resolves with `undefined` if a salvage gave it up.
   *
   * It takes some microseconds wherever the record is, and does not wait for
   * records that are still queued. With frames of many megabytes it takes
   * longer, because a frame is verified as a whole.
   *
   * Rejects with `CompactedError` if the record has been dropped, even during
   * the call; `RangeError` if it has not been written yet, or if `lsn` is not
   * an integer of at least 1 (`TypeError` if it is not a number);
   * `CorruptLogError` if the record is damaged or missing; `StorageError` if it
   * cannot be read; and `LogClosedError` after `close`, which waits for calls
   * in progress.
   *
   * @example
   * ```ts
   * import { Wal } from "@syncline/wal";
   * import { MemoryStorage } from "@syncline/wal/storage";
   * import assert from "node:assert/strict";
   *
   * const wal = await Wal.open(new MemoryStorage());
   * const lsn = await wal.append("an answer");
   * const record = await wal.get(lsn);
   * assert.equal(new TextDecoder().decode(record?.data), "an answer");
   * await assert.rejects(wal.get(lsn + 1), RangeError); // not written yet
   * await wal.close();
   * ```
   */
  get(lsn: number): Promise<LogRecord<Out> | undefined> {
    return this.reads.get(lsn);
  }

  /**
   * Reads the records from `from` to `to`, both inclusive.
   *
   * Records that are still queued, or are appended after reading began, are not
   * read. Records lost in a repair are skipped, so LSNs can jump.
   *
   * Throws `CompactedError` if a record has been dropped, even during the read;
   * `RangeError` if a bound has not been written yet; `CorruptLogError` at the
   * first record that is damaged or missing; and `LogClosedError` if the log is
   * closed before the end is reached.
   */
  read(
    options: ReadOptions = {},
  ): AsyncGenerator<LogRecord<Out>, undefined, undefined> {
    return this.reads.read(options);
  }

  /**
   * Like {@linkcode LogView.read}, but yields one frame of records at a time:
   * faster.
   */
  readBatches(options: ReadOptions = {}): AsyncGenerator<RecordBatch> {
    return this.reads.readBatches(options);
  }

  /**
   * Opens the durable cursor `name`, or creates it: the place of a consumer
   * that survives its death. It is kept in the file `<name>.cursor` next to the
   * log; when this resolves, that file is durable.
   *
   * A name has 1 to 64 of the characters a-z, 0-9, `_` and `-`. One consumer at
   * a time may use a cursor, in the process of the writer or in another one.
   *
   * Rejects with `TypeError` or `RangeError` for a bad name or option,
   * `CompactedError` if a new cursor would begin with a record that was
   * dropped, `ForeignCursorError` if the file is from another log,
   * `CorruptLogError` or `FormatVersionError` if it cannot be understood,
   * `NoDirectoryError` if the log has no directory, `LogClosedError`,
   * `StorageFullError` or `StorageError`.
   */
  async cursor(
    name: string,
    options: CursorOptions = {},
  ): Promise<Cursor<Out>> {
    const { openCursor } = await import("./cursors/mod.ts");
    return await openCursor(this.#source, this.reads, name, options);
  }

  /**
   * Restores a state from the newest snapshot that `Wal.checkpoint` made: calls
   * `read` with it, and resolves with the LSN of the first record to replay. If
   * there is no snapshot and none is needed, `read` is not called, and the LSN
   * is 1.
   *
   * A snapshot is read and checked as a whole before `read` is called, so `read`
   * can trust what it gets; it is read twice for that. A damaged one is passed
   * over if an older one leads up to records that the log still has.
   *
   * Rejects with `SnapshotMissingError` if records are dropped that no snapshot
   * covers, and otherwise with what `read` rejects with, `NoDirectoryError`,
   * `LogClosedError`, `CorruptLogError`, `FormatVersionError` or `StorageError`.
   * In a process other than the writer's, a checkpoint may drop the records to
   * replay before they are read: restore again after a `CompactedError`.
   *
   * @example
   * ```ts
   * import { Wal } from "@syncline/wal";
   * import { MemoryStorage } from "@syncline/wal/storage";
   * import assert from "node:assert/strict";
   *
   * const storage = new MemoryStorage();
   * const wal = await Wal.open(storage);
   * await wal.append("1");
   * await wal.append("2");
   * await wal.checkpoint(() => "3"); // the sum of both
   * await wal.append("4");
   * await wal.close();
   *
   * let sum = 0;
   * const again = await Wal.open(storage);
   * const from = await again.restore(async (snapshot) => {
   *   sum = Number(await snapshot.text());
   * });
   * for await (const { data } of again.read({ from })) {
   *   sum += Number(new TextDecoder().decode(data));
   * }
   * assert.equal(sum, 7);
   * await again.close();
   * ```
   */
  async restore(read: ReadSnapshot): Promise<number> {
    if (this.reads.isClosed) throw new LogClosedError("restore");
    const { restore } = await import("../checkpoint/restore.ts");
    const source = this.#source;
    const lastLsn = source.isWriter ? this.lastLsn : Infinity;
    const { files, firstLsn } = source;
    return await restore({ files, firstLsn, lastLsn }, read);
  }
}

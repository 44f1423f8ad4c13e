import type { RecordBatch } from "../storage/frame_log.ts";
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
    const { openCursor } = await import("./cursors/cursor.ts");
    return await openCursor(this.#source, this.reads, name, options);
  }
}

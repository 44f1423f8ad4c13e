import type { ReadSnapshot } from "../checkpoint/restore.ts";
import type { RecordBatch } from "../storage/frame_log.ts";
import type { MaybePromise } from "../storage/storage.ts";
import { LogClosedError } from "../writer/log_closed_error.ts";
import type { LogRecord } from "../writer/record.ts";
import type { Cursor, CursorOptions } from "./cursors/cursor.ts";
import type { LogSource } from "./log_source.ts";
import type { FollowedBatch, FollowedRecord } from "./follow.ts";
import type { FollowedLog } from "./any_follower.ts";
import {
  checkFollowOptions,
  type Follower,
  Following,
  type FollowOptions,
} from "./following.ts";
import {
  OpenReads,
  type ReadBatchesOptions,
  type ReadOptions,
} from "./reads.ts";
import type { Decode } from "./record_reader.ts";
import type { LogIterator } from "./serial_generator.ts";

/**
 * What can be read of a log: the part that a `Wal`, which writes it, and a
 * `WalReader` in another process have in common.
 */
export abstract class LogView<Out = Uint8Array<ArrayBuffer>> {
  readonly #source: LogSource;
  readonly #decode: Decode<Out>;
  readonly #followed: FollowedLog;
  /**
   * The reads in progress, for `close`.
   *
   * @internal
   */
  protected readonly reads: OpenReads<Out>;

  /**
   * Reads `source`; `decode` makes what callers get of a record's bytes.
   *
   * @internal
   */
  protected constructor(source: LogSource, decode: Decode<Out>) {
    this.#source = source;
    this.#decode = decode;
    const refresh = () => this.refresh();
    this.reads = new OpenReads(source, decode, refresh);
    this.#followed = { source, tracker: this.reads, refresh };
  }

  /**
   * Called before anything is read: a reader of another process's log looks
   * where that log stands. Returns nothing if there is nothing to wait for.
   */
  protected refresh(): Promise<void> | undefined {
    return undefined;
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
   * Reads the last `count` records, or all if there are fewer; the oldest of
   * them comes first.
   *
   * It takes about as long as reading them, however long the log is. Records
   * that are still queued are not read. Rejects with `RangeError` if `count` is
   * not an integer of at least 0, and otherwise like {@linkcode LogView.read}.
   *
   * @example
   * ```ts
   * import { Wal } from "@syncline/wal";
   * import { MemoryStorage } from "@syncline/wal/storage";
   * import assert from "node:assert/strict";
   *
   * const wal = await Wal.open(new MemoryStorage());
   * await wal.appendBatch(["one", "two", "three"]);
   * const found = await wal.last(2);
   * assert.deepEqual(found.map(({ lsn }) => lsn), [2, 3]);
   * await wal.close();
   * ```
   */
  last(count: number): Promise<LogRecord<Out>[]> {
    return this.reads.last(count);
  }

  /**
   * LSN of the first record written at `time` or later: a `Date`, or ms since
   * 1970, by the clock of the writer. It is that of the next record to be
   * written if there is none yet.
   *
   * A binary search by the times of frames, about 30 lookups in a log of a
   * billion records. These times never decrease: records written after a clock
   * was set back have the time of the record before them. Rejects with
   * `TypeError` or `RangeError` unless `time` is valid, with an `Error` if the
   * log keeps no times, and otherwise like {@linkcode LogView.get}.
   *
   * @example
   * ```ts
   * import { Wal } from "@syncline/wal";
   * import { MemoryStorage } from "@syncline/wal/storage";
   * import assert from "node:assert/strict";
   *
   * const wal = await Wal.open(new MemoryStorage());
   * const startedAt = Date.now();
   * await wal.append("first");
   * assert.equal(await wal.lsnAt(startedAt), 1);
   * assert.equal(await wal.lsnAt(new Date("2100-01-01")), 2); // the next one
   * await wal.close();
   * ```
   */
  lsnAt(time: Date | number): Promise<number> {
    return this.reads.lsnAt(time);
  }

  /**
   * Reads the records from `from` to `to`, both inclusive; with `reverse`, the
   * last one first. With `since`, only those written at that time or later.
   *
   * Records that are still queued, or are appended after reading began, are not
   * read. Records lost in a repair are skipped, so LSNs can jump. Reading
   * begins, and options are checked, with the first call of `next`. Backwards,
   * it holds about 1 MiB of records in memory, or one frame if that is larger.
   *
   * Throws `CompactedError` if a record has been dropped, even during the read;
   * `TruncatedError` if the log was cut back below it during the read;
   * `RangeError` if a bound has not been written yet; `TypeError` for bad
   * options; the reason of `signal` if that is aborted; `CorruptLogError` at
   * the first record that is damaged or missing; and `LogClosedError` if the
   * log is closed before the end is reached.
   */
  read(options: ReadOptions = {}): LogIterator<LogRecord<Out>> {
    return this.reads.read(options);
  }

  /**
   * Like {@linkcode LogView.read}, but yields one frame of records at a time:
   * faster. The records are bytes, whatever the codec of the log. It does not
   * read backwards.
   */
  readBatches(options: ReadBatchesOptions = {}): LogIterator<RecordBatch> {
    return this.reads.readBatches(options);
  }

  /**
   * Follows the log: yields all records from `from` on, then each new one once
   * it has reached `level`, until the log closes. Each record comes exactly
   * once and in order, across rotations, checkpoints and the close.
   *
   * At the end of the log, the next call waits. It resolves in the same turn of
   * the event loop in which records reach the level. A follower that is not
   * asked for a record costs nothing and keeps nothing in memory: what it
   * misses is read from storage later. Any number can follow one log.
   *
   * At level `"disk"`, the default, no record is ever taken back, except by
   * `truncateAfter`. At `"os"`, a power failure can take records back. Level
   * `"memory"` yields records as soon as they are queued: they are lost if the
   * process dies, or the disk is full. Each record says what `level` it had
   * reached when it was handed out.
   *
   * It ends when the log closes and it has seen everything. Rejects with
   * `LogClosedError` if the log closes before; after a failed write or sync,
   * with `LogFailedError` once it has seen everything that reached the level;
   * `CompactedError` if the record that it needs next was dropped;
   * `TruncatedError` if records that it has seen were taken back; `RangeError`
   * or `TypeError` for bad options; the reason of `signal` if that is aborted;
   * `CorruptLogError` or `StorageError` if history cannot be read. An error
   * ends it; open another follower to continue.
   *
   * @example
   * ```ts
   * import { Wal } from "@syncline/wal";
   * import { MemoryStorage } from "@syncline/wal/storage";
   * import assert from "node:assert/strict";
   *
   * const wal = await Wal.open(new MemoryStorage());
   * await wal.append("history");
   * const seen: string[] = [];
   * const following = (async () => {
   *   for await (const { lsn, data, level } of wal.follow()) {
   *     seen.push(`${lsn} ${new TextDecoder().decode(data)}, on ${level}`);
   *   }
   * })();
   * await wal.append("live");
   * await wal.close();
   * await following;
   * assert.deepEqual(seen, ["1 history, on disk", "2 live, on disk"]);
   * ```
   */
  follow(options: FollowOptions = {}): LogIterator<FollowedRecord<Out>> {
    const decode = this.#decode;
    return this.#follow(
      options,
      ({ RecordFollower }, following) =>
        new RecordFollower(this.#followed, options, following, decode),
    );
  }

  /**
   * Like {@linkcode LogView.follow}, but yields one frame of records at a time,
   * or what of it has reached the level: faster. The records are bytes,
   * whatever the codec of the log. Where a repair gave records up, a batch has
   * no records, and says how many are lost.
   */
  followBatches(options: FollowOptions = {}): LogIterator<FollowedBatch> {
    return this.#follow(
      options,
      ({ BatchFollower }, following) =>
        new BatchFollower(this.#followed, options, following),
    );
  }

  #follow<Value>(
    options: FollowOptions,
    make: (parts: Parts, following: Following<Value>) => Follower<Value>,
  ): Following<Value> {
    const source = this.#source;
    return new Following(this.reads, (following) => {
      checkFollowOptions(options);
      return withParts((parts) => {
        source.prepare?.(parts.LiveTail);
        return make(parts, following);
      });
    });
  }

  /**
   * Opens the durable cursor `name`, or creates it: the place of a consumer
   * that survives its death. It is kept in the file `<name>.cursor` next to the
   * log, or where the engine of the log keeps its cursors; when this resolves, it
   * is durable there.
   *
   * A name has 1 to 64 of the characters a-z, 0-9, `_` and `-`. One consumer at
   * a time may use a cursor, in the process of the writer or in another one.
   *
   * Rejects with `TypeError` or `RangeError` for a bad name or option,
   * `CompactedError` if a new cursor would begin with a record that was
   * dropped, `ForeignCursorError` if the cursor is from another log,
   * `CorruptLogError` or `FormatVersionError` if it cannot be understood,
   * `NoDirectoryError` if the log has neither a directory nor cursors
   * elsewhere, `LogClosedError`, `StorageFullError` or `StorageError`.
   */
  async cursor(
    name: string,
    options: CursorOptions = {},
  ): Promise<Cursor<Out>> {
    const { openCursor } = await import("./cursors/mod.ts");
    await this.refresh();
    if (this.reads.isClosed) throw new LogClosedError("open a cursor");
    const parts = {
      follow: (from: number) => this.follow({ from, level: "disk" }),
      refresh: () => this.reads.isClosed ? undefined : this.refresh(),
    };
    return await openCursor(this.#source, parts, name, options);
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
    await this.refresh();
    const source = this.#source;
    const lastLsn = source.isWriter ? this.lastLsn : Infinity;
    const { files, firstLsn } = source;
    return await restore({ files, firstLsn, lastLsn }, read);
  }
}

/** What followers are made of. */
type Parts = typeof import("./on_demand.ts");

/** That, once it is loaded. */
let loaded: Parts | undefined;

/** Calls `use` with it, at once if it is there. */
function withParts<Made>(use: (parts: Parts) => Made): MaybePromise<Made> {
  if (loaded !== undefined) return use(loaded);
  return import("./on_demand.ts").then((parts) => use(loaded = parts));
}

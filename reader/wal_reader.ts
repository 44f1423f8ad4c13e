import {
  requireMethod,
  requireOneOf,
  requireOptions,
  requireType,
} from "../argument.ts";
import { type Codec, decoderOf } from "../codec/codec.ts";
import type { Storage } from "../storage/storage.ts";
import { toStorage } from "../storage/storage_target.ts";
import { LogClosedError } from "../writer/log_closed_error.ts";
import type { FollowedBatch, FollowedRecord } from "./follow.ts";
import type { FollowOptions } from "./following.ts";
import { LogView } from "./log_view.ts";
import type { Decode } from "./record_reader.ts";
import type { LogIterator } from "./serial_generator.ts";
import { ObservedLog, type ReaderLevel } from "./observed_log.ts";

/** Options of {@linkcode WalReader.open}. */
export interface WalReaderOptions<Out = Uint8Array<ArrayBuffer>> {
  /** Makes values of records. Default: they are bytes. */
  codec?: Pick<Codec<never, Out>, "decode"> | undefined;
  /**
   * Which records to show: `"disk"` (the default), only those that the log
   * declares durable; `"os"`, all that are written, of which a power loss, a
   * full disk or another owner may withdraw the last ones.
   */
  level?: ReaderLevel | undefined;
  /**
   * Creates the storage for a path. Default: `DenoStorage` on Deno, otherwise
   * `NodeStorage`.
   */
  storage?: ((directory: string | URL) => Storage) | undefined;
}

const OPTIONS: readonly (keyof WalReaderOptions)[] = [
  ...["codec", "level", "storage"] as const,
];
const LEVELS: readonly ReaderLevel[] = ["disk", "os"];

/** Opens a reader for what is not part of every program. */
// deno-lint-ignore no-explicit-any
export let observedBy: (reader: WalReader<any>) => ObservedLog;

/**
 * Reads a log that another process may be writing to, or nobody. It takes no
 * lock, opens files for reading only, and neither writes nor syncs anything, so
 * it works on a read-only mount and as another user. Any number of readers may
 * have a log open.
 *
 * Its positions are those of the last look at the log: when it was opened, when
 * a read began, in a call of `refresh`, or while a `follow` waits. It copes with all
 * that a writer does meanwhile: new segments, reused ones, checkpoints, a crash
 * and recovery, another owner, and a repair.
 *
 * A directory without a log reads as an empty log, which may begin later.
 *
 * @example
 * ```ts
 * import { Wal, WalReader } from "@syncline/wal";
 * import { MemoryStorage } from "@syncline/wal/storage";
 * import assert from "node:assert/strict";
 *
 * const storage = new MemoryStorage(); // or a directory, in another process
 * const wal = await Wal.open(storage);
 * const reader = await WalReader.open(storage, { level: "os" });
 * await wal.append("one");
 * await wal.append("two");
 *
 * const record = await reader.get(1);
 * assert.equal(new TextDecoder().decode(record?.data), "one");
 * assert.equal(reader.lastLsn, 2);
 * await reader.close();
 * await wal.close();
 * ```
 */
export class WalReader<Out = Uint8Array<ArrayBuffer>> extends LogView<Out>
  implements AsyncDisposable {
  readonly #log: ObservedLog;
  #closing: Promise<void> | undefined;

  static {
    observedBy = (reader) => reader.#log;
  }

  private constructor(
    log: ObservedLog,
    decode: Decode<Out>,
  ) {
    super(log, decode);
    this.#log = log;
  }

  /**
   * Opens the log at `target`, a directory or a storage, for reading.
   *
   * It reads about the last segment, or less if that is complete. Rejects with
   * `TypeError` for bad options, `StorageError` if the directory does not exist
   * or cannot be read, `CorruptLogError` if records may be damaged or missing
   * at its end, `FormatVersionError`, and `ForeignFileError` if the directory
   * holds other files but no log.
   */
  static async open<Out = Uint8Array<ArrayBuffer>>(
    target: string | URL | Storage,
    options: WalReaderOptions<Out> = {},
  ): Promise<WalReader<Out>> {
    requireOptions("read a log", options, OPTIONS);
    const { codec, level = "disk", storage: makeStorage } = options;
    requireOneOf("read a log", "level", level, LEVELS);
    if (makeStorage !== undefined) {
      requireType("read a log", "storage", makeStorage, "function");
    }
    if (codec !== undefined) {
      requireMethod("read a log", "codec", codec, "decode");
    }
    const storage = await toStorage(target, {
      action: "read a log",
      rule: "a path that is not empty, a file URL or a storage",
      makeStorage,
    });
    const log = await ObservedLog.open(storage, level);
    const { end } = log;
    if (end instanceof Error) {
      await log.close();
      throw end;
    }
    return new WalReader(
      log,
      codec === undefined ? (bytes) => bytes as Out : decoderOf(codec),
    );
  }

  /**
   * LSN of the last record that is written, as of the last look; with `level:
   * "disk"` it may not be shown yet.
   */
  override get writtenLsn(): number {
    return this.#log.writtenLsn;
  }

  /**
   * Follows the log, like a `Wal`'s `follow`; at the reader's level by default.
   * While the log is at rest it waits for the file system to report a change,
   * or polls where that does not work. It ends when the reader is closed.
   */
  override follow(
    options: FollowOptions = {},
  ): LogIterator<FollowedRecord<Out>> {
    return super.follow(this.#atLevel(options));
  }

  /** Like {@linkcode WalReader.follow}, one frame of records at a time. */
  override followBatches(
    options: FollowOptions = {},
  ): LogIterator<FollowedBatch> {
    return super.followBatches(this.#atLevel(options));
  }

  #atLevel(options: FollowOptions): FollowOptions {
    return Object(options) === options && options.level === undefined
      ? { ...options, level: this.#log.level }
      : options;
  }

  /**
   * Looks at the log. When it resolves, all that was there when it was called
   * is known: positions, and what `read` and `get` find.
   *
   * Reads, `get` and `follow` do so before they begin. It costs what was added
   * since the last look. Rejects with `StorageError` if
   * the log cannot be read, `CorruptLogError` if it is damaged, and
   * `LogClosedError` after `close`.
   */
  override async refresh(): Promise<void> {
    if (this.#closing !== undefined) throw new LogClosedError("read");
    await this.#log.refresh();
  }

  /**
   * Closes all files and ends reads that are still running: the next call on
   * each rejects. A second call returns the same promise.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** The same as {@linkcode WalReader.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await this.reads.close();
    await this.#log.close();
  }
}

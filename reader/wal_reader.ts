import {
  argumentError,
  requireMethod,
  requireOneOf,
  requireOptions,
  requireType,
} from "../argument.ts";
import { type Codec, decoderOf } from "../codec/codec.ts";
import type { LogEngine } from "../storage/log_engine.ts";
import type { Storage } from "../storage/storage.ts";
import { toStorage } from "../storage/storage_target.ts";
import { LogClosedError } from "../writer/log_closed_error.ts";
import type { FollowedBatch, FollowedRecord } from "./follow.ts";
import type { FollowOptions } from "./following.ts";
import { LogView } from "./log_view.ts";
import type { Decode } from "./record_reader.ts";
import type { LogIterator } from "./serial_generator.ts";
import { EngineSource } from "./engine_source.ts";
import type { ObservedSource, ReaderLevel } from "./log_source.ts";
import { ObservedLog } from "./observed_log.ts";

/** Options of {@linkcode WalReader.open}. */
export interface WalReaderOptions<Out = Uint8Array<ArrayBuffer>> {
  /** Makes values of records. Default: they are bytes. */
  codec?: Pick<Codec<never, Out>, "decode"> | undefined;
  /**
   * Which records to show: `"disk"` (the default), only those that the log
   * declares durable; `"os"`, all that are written, of which a power loss, a
   * full disk or another owner may withdraw the last ones. In an engine it makes
   * no difference.
   */
  level?: ReaderLevel | undefined;
  /**
   * Creates the storage for a path. Default: `DenoStorage` on Deno, otherwise
   * `NodeStorage`. Refused with an engine, which is not a path.
   */
  storage?: ((directory: string | URL) => Storage) | undefined;
}

const OPTIONS: readonly (keyof WalReaderOptions)[] = [
  ...["codec", "level", "storage"] as const,
];
const LEVELS: readonly ReaderLevel[] = ["disk", "os"];

/** Opens a reader for what is not part of every program. */
// deno-lint-ignore no-explicit-any
export let observedBy: (reader: WalReader<any>) => ObservedSource;

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
  readonly #log: ObservedSource;
  #closing: Promise<void> | undefined;

  static {
    observedBy = (reader) => reader.#log;
  }

  private constructor(
    log: ObservedSource,
    decode: Decode<Out>,
  ) {
    super(log, decode);
    this.#log = log;
  }

  /**
   * Opens the log at `target`, a directory, a storage or an engine, for reading.
   *
   * It reads about the last segment, or less if that is complete; an engine says
   * what it reads, and why it fails. Otherwise this rejects with
   * `TypeError` for bad options, `StorageError` if the directory does not exist
   * or cannot be read, `CorruptLogError` if records may be damaged or missing
   * at its end, `FormatVersionError`, and `ForeignFileError` if the directory
   * holds other files but no log.
   */
  static async open<Out = Uint8Array<ArrayBuffer>>(
    target: string | URL | Storage | LogEngine,
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
    const log = await observe(target, level, makeStorage);
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
   *
   * An engine is polled every `pollMs`. If looks fail, it goes on looking, more
   * and more rarely, up to every 5 s, and rejects with the last failure after a
   * minute of failures; at once with `CorruptLogError` or
   * `FormatVersionError`, which do not pass.
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
   * each rejects. An engine ends what it waits for: calls in progress reject. A
   * second call returns the same promise.
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
    await this.#log.close(this.reads.close());
  }
}

/** Looks at a log for the first time; rejects if its end is damaged. */
async function observe(
  target: string | URL | Storage | LogEngine,
  level: ReaderLevel,
  makeStorage: WalReaderOptions["storage"],
): Promise<ObservedSource> {
  const action = "read a log";
  if (isEngine(target)) {
    if (makeStorage !== undefined) {
      const rule = "absent because an engine is not a path";
      throw argumentError(action, "storage", rule, makeStorage);
    }
    return new EngineSource(await target.observeLog(), level);
  }
  const storage = await toStorage(target, {
    action,
    rule: "a path that is not empty, a file URL, a storage or an engine",
    makeStorage,
  });
  const log = await ObservedLog.open(storage, level);
  const { end } = log;
  if (!(end instanceof Error)) return log;
  await log.close();
  throw end;
}

function isEngine(target: unknown): target is LogEngine {
  return "observeLog" in Object(target);
}

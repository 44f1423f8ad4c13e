import type { FrameThread } from "./thread/frame_thread.ts";

/** A value or a promise of it; callers await it only if it is a promise. */
export type MaybePromise<T> = T | Promise<T>;

/**
 * The lower seam: the few calls on a directory of files that the log needs.
 *
 * Each method may return its result or a promise, and throws or rejects with a
 * {@linkcode StorageError}. Calls on different files may overlap; on one file
 * the log makes one call at a time.
 */
export interface Storage {
  /** The location, for messages: a path, or a word in brackets. */
  readonly location: string;
  /**
   * Whether a sync is cheaper if the writes before it did not lengthen the
   * file, as on most file systems: the log then writes zeros ahead of need, and
   * reuses dropped segments. Default: false.
   */
  readonly prefersOverwrites?: boolean;
  /**
   * Whether no call returns a promise but those that sync, which have another
   * form that blocks, and `space`: `Wal.flushSync` needs that. Default: false.
   */
  readonly isBlocking?: boolean;
  /** Returns a warning if data here is not durable, such as on tmpfs. */
  warning?(): MaybePromise<string | undefined>;
  /** Creates the directory if needed, and makes its entry durable. */
  prepare(): MaybePromise<void>;
  /**
   * Takes the exclusive lock, or fails with a `LogLockedError`. Once it
   * resolves, every former owner is fenced. The lock itself is durable only
   * after `syncDirectory`.
   */
  lock(options?: LockOptions): MaybePromise<StorageLock>;
  /** Lists the names of all files. */
  list(): MaybePromise<string[]>;
  /**
   * Opens a file. `"create"` creates it, for reading and writing, and fails if
   * it exists; the entry is durable only after `syncDirectory`.
   */
  open(name: string, mode: OpenMode): MaybePromise<StorageFile>;
  /**
   * Gives a file a second name, and fails with code `"EEXIST"` if that name is
   * taken; durable only after `syncDirectory`.
   */
  link(from: string, to: string): MaybePromise<void>;
  /**
   * Renames a file, replacing `to`; durable only after `syncDirectory`. A crash
   * leaves `to` either as it was or as it is now.
   */
  rename(from: string, to: string): MaybePromise<void>;
  /** Removes a file; durable only after `syncDirectory`. */
  remove(name: string): MaybePromise<void>;
  /** Makes every entry created, renamed or removed before the call durable. */
  syncDirectory(): MaybePromise<void>;
  /**
   * The same, but it blocks, if the other one may not: `Wal.flushSync` needs
   * one that does.
   */
  syncDirectorySync?(): void;
  /**
   * Starts a thread that writes and syncs frames for this storage. If absent,
   * the option `flushing` cannot ask for one.
   */
  startThread?(options: ThreadOptions): Promise<FrameThread>;
  /**
   * Calls `wake` soon after any change to a file or an entry, by any process,
   * until the function that it returns is called; calls may be merged. It
   * returns `undefined` if changes are not reported. If absent, readers poll.
   */
  watch?(wake: () => void): (() => void) | undefined;
  /**
   * Whether there is a file of that name. The log asks about once per second,
   * so it must be cheap and fail quietly: if it cannot tell, it answers false.
   * If absent, nobody elsewhere can ask an open log for its status, unless that
   * was opened with `status: true`.
   */
  exists?(name: string): MaybePromise<boolean>;
  /**
   * How much room there is, for alerts; `undefined` if that is not known. It
   * should not block for long.
   */
  space?(): MaybePromise<StorageSpace | undefined>;
  /**
   * Returns a 32-bit number that distinguishes a new segment from all others;
   * random if absent. Implement it only if runs must be reproducible byte for
   * byte.
   */
  salt?(): number;
}

/** Options of `startThread`. */
export interface ThreadOptions {
  /**
   * Whether all frames are committed there: then other syncs should not block
   * either, such as those at the end of a segment.
   */
  readonly isExclusive: boolean;
}

/** How much room a storage has. */
export interface StorageSpace {
  /** Bytes that can still be written. */
  readonly freeBytes: number;
  /** Bytes that it can hold in all. */
  readonly totalBytes: number;
}

/** Options of `lock`. */
export interface LockOptions {
  /** Whether to take the lock even from a live owner. Default: false. */
  readonly takeOver?: boolean;
  /**
   * A number that the epoch must exceed, in addition to the epoch of every
   * former owner, so that no epoch repeats even if lock files were removed. An
   * integer of at least 0. Default: 0.
   */
  readonly above?: number;
}

/** What a file is opened for; `"create"` and `"write"` allow reading too. */
export type OpenMode = "create" | "read" | "write";

/** An open file. */
export interface StorageFile {
  /** Writes at `offset` and returns the number of bytes written, at least 1. */
  write(bytes: Uint8Array, offset: number): MaybePromise<number>;
  /** Reads at `offset` and returns the number of bytes; 0 only at the end. */
  read(into: Uint8Array, offset: number): MaybePromise<number>;
  /** Size in bytes. */
  size(): MaybePromise<number>;
  /**
   * Number of names that the file has. A file with more than one, such as after
   * a backup by hard links, is never reused. If absent, no file is reused.
   */
  links?(): MaybePromise<number>;
  /**
   * What tells the file from all others, so that a thread that opens it by its
   * name has the same one. If absent, no thread writes to it.
   */
  identity?(): string | undefined;
  /** Makes all bytes written before the call durable, as fdatasync does. */
  datasync(): MaybePromise<void>;
  /**
   * The same, but it blocks. With it, `Wal.flushSync` is possible if all other
   * calls of the storage return no promise.
   */
  datasyncSync?(): void;
  /** Cuts the file to its first `size` bytes; durable after a later sync. */
  truncate(size: number): MaybePromise<void>;
  /** Releases the handle without a sync. */
  close(): MaybePromise<void>;
}

/** The exclusive right to write to a storage. */
export interface StorageLock {
  /**
   * The number of this owner: higher than `above` and, as long as lock files
   * are kept, than the epoch of every former owner.
   */
  readonly epoch: number;
  /**
   * Whether this owner still holds the lock. The answer is exact after a sync:
   * see "Why a fenced owner acknowledges nothing" in docs/architecture.md.
   * Called once per flush, so it should be cheap.
   */
  held(): MaybePromise<boolean>;
  /**
   * What a thread of the storage needs to check the same; it is posted to the
   * thread.
   */
  readonly proof?: unknown;
  /**
   * What happened to the lock once `held` is false, as a clause for an error
   * message; `undefined` or absent if that is not known.
   */
  whyLost?(): string | undefined;
  /**
   * Replaces this lock by one with a higher epoch, which only this owner can
   * get; it is durable only after `syncDirectory`. Returns `undefined` if
   * another owner has taken over, or is about to. Needed for `truncateAfter`,
   * which fails if it is absent.
   */
  renew?(): MaybePromise<StorageLock | undefined>;
  /** Gives the lock up, so that others can take it. */
  release(): MaybePromise<void>;
}

/** Thrown if another process, or this one, has the log open for writing. */
export class LogLockedError extends Error {
  /** The class's name. */
  override readonly name = "LogLockedError";

  /** Creates the error; storage adapters throw it in `lock`. */
  constructor(
    message: string,
    /** Where the log is. */
    readonly location: string,
    /** Process id of the owner; 0 if unknown. */
    readonly pid: number,
  ) {
    super(message);
  }
}

/** Whether `answer` is a promise, or any other object with `then`. */
export function isPromise<T>(answer: T | Promise<T>): answer is Promise<T> {
  return typeof (answer as Promise<T> | undefined)?.then === "function";
}

/** Throws if a call returned a promise, which nobody can wait for. */
export function requireDone<Result>(answer: MaybePromise<Result>): Result {
  if (!isPromise(answer)) return answer;
  answer.catch(() => {});
  throw new TypeError("a call of the storage should block, but did not");
}

/**
 * Writes all of `bytes` at `offset` and continues after short writes; returns
 * no promise unless the file does.
 */
export function writeAll(
  file: StorageFile,
  bytes: Uint8Array,
  offset: number,
): MaybePromise<void> {
  const written = file.write(bytes, offset);
  if (typeof written === "number") {
    return continueWrite(file, bytes, offset, written);
  }
  return written.then((count) => continueWrite(file, bytes, offset, count));
}

function continueWrite(
  file: StorageFile,
  bytes: Uint8Array,
  offset: number,
  written: number,
): MaybePromise<void> {
  if (written === bytes.length) return;
  if (!(written > 0 && written < bytes.length)) {
    throw new Error(
      `Cannot write ${bytes.length} bytes at offset ${offset} because the ` +
        `storage reports that it wrote ${written}`,
    );
  }
  return writeAll(file, bytes.subarray(written), offset + written);
}

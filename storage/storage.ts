/** A value, or a promise of it; who gets one awaits only if it is a promise. */
export type MaybePromise<T> = T | Promise<T>;

/**
 * The lower seam: the few calls on one directory of files that the log needs.
 *
 * Each method may answer at once or with a promise, and throws or rejects with
 * a {@linkcode StorageError}. Calls on different files may overlap; on one file
 * the log makes one call at a time.
 */
export interface Storage {
  /** Where this is, for messages: a path, or a word in brackets. */
  readonly location: string;
  /** Says of data losing its durability here, such as on tmpfs; else absent. */
  warning?(): MaybePromise<string | undefined>;
  /** Makes the directory if need be; on resolve its entry is durable. */
  prepare(): MaybePromise<void>;
  /**
   * Takes the exclusive lock, or fails with a `LogLockedError`. On resolve
   * every former owner is fenced; that the lock is taken is durable only after
   * `syncDirectory`.
   */
  lock(options?: LockOptions): MaybePromise<StorageLock>;
  /** Names of all files here. */
  list(): MaybePromise<string[]>;
  /**
   * Opens a file. `"create"` makes it, for reading and writing, and fails if it
   * exists; the entry is durable only after `syncDirectory`.
   */
  open(name: string, mode: OpenMode): MaybePromise<StorageFile>;
  /**
   * Lengthens a file of `from` bytes to `to` bytes by zeros, without keeping
   * the caller from its work; makes the file where `from` is 0. On resolve they
   * are durable, the entry is not. Where it is absent, the log does not prepare
   * segments: where a sync does not get cheaper by it.
   */
  allocate?(name: string, from: number, to: number): Promise<void>;
  /**
   * Gives a file a second name, and fails with code `"EEXIST"` if there is a
   * file of that name; durable only after `syncDirectory`.
   */
  link(from: string, to: string): MaybePromise<void>;
  /**
   * Renames, replacing `to`; durable only after `syncDirectory`. A crash leaves
   * `to` as it was or as it is now, never neither.
   */
  rename(from: string, to: string): MaybePromise<void>;
  /** Removes a file; durable only after `syncDirectory`. */
  remove(name: string): MaybePromise<void>;
  /** On resolve every entry made, renamed or removed before is durable. */
  syncDirectory(): MaybePromise<void>;
  /**
   * A 32-bit number that tells a new segment from all others; random where
   * absent. Only for a storage whose runs are to be the same byte by byte.
   */
  salt?(): number;
}

/** Options of `lock`. */
export interface LockOptions {
  /** Takes it even from an owner that lives, who is fenced. Default: no. */
  readonly takeOver?: boolean;
  /**
   * The epoch is to be higher than this number, as well as than that of every
   * owner before, so that no epoch comes twice where lock files were removed.
   * An integer of at least 0. Default: 0.
   */
  readonly above?: number;
}

/** What an open file is for; `"create"` and `"write"` read as well. */
export type OpenMode = "create" | "read" | "write";

/** An open file. */
export interface StorageFile {
  /** Writes at `offset` and says how many bytes it wrote, at least 1. */
  write(bytes: Uint8Array, offset: number): MaybePromise<number>;
  /** Reads at `offset` and says how many bytes; 0 only at the end. */
  read(into: Uint8Array, offset: number): MaybePromise<number>;
  /** Size in bytes. */
  size(): MaybePromise<number>;
  /**
   * How many names the file has. A file with more than one, as a backup by hard
   * links makes it, is never used again. Where it is absent, no file is.
   */
  links?(): MaybePromise<number>;
  /** On resolve all bytes written before the call are durable (fdatasync). */
  datasync(): MaybePromise<void>;
  /** Cuts the file to `size` bytes, which it has; durable by a later sync. */
  truncate(size: number): MaybePromise<void>;
  /** Releases the handle; syncs nothing. */
  close(): MaybePromise<void>;
}

/** The exclusive right to write to a storage. */
export interface StorageLock {
  /**
   * Higher than `above`, and than that of every owner before, as long as lock
   * files are kept.
   */
  readonly epoch: number;
  /**
   * Whether nobody has taken over. Exact if asked after a sync: see "Why a
   * fenced owner acknowledges nothing" in docs/architecture.md. Asked once per
   * flush, so it should be cheap.
   */
  held(): MaybePromise<boolean>;
  /**
   * Once `held` is false, what happened to the lock, as a clause for an error's
   * message; `undefined` or absent where that is not known.
   */
  whyLost?(): string | undefined;
  /** Lets others in. */
  release(): MaybePromise<void>;
}

/** Another process, or this one, has the log open for writing. */
export class LogLockedError extends Error {
  /** The class's name. */
  override readonly name = "LogLockedError";

  /** Made by a storage's `lock`. */
  constructor(
    message: string,
    /** Where the log is. */
    readonly location: string,
    /** Process id of the owner, 0 if it is not known. */
    readonly pid: number,
  ) {
    super(message);
  }
}

/** Whether `answer` is a promise, of whatever make. */
export function isPromise<T>(answer: T | Promise<T>): answer is Promise<T> {
  return typeof (answer as Promise<T> | undefined)?.then === "function";
}

/**
 * Writes all of `bytes` at `offset`, going on after short writes; at once if
 * the file answers at once.
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
      `Cannot write ${bytes.length} bytes at offset ${offset} because the storage ` +
        `says that it wrote ${written}`,
    );
  }
  return writeAll(file, bytes.subarray(written), offset + written);
}

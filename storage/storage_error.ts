/**
 * A file or directory could not be used: it is missing, is a file where a
 * directory should be, is not permitted, the disk is full, …
 */
export class StorageError extends Error {
  /** The class's name. */
  override readonly name = "StorageError";

  /** Made by storage adapters, around the runtime's own error as `cause`. */
  constructor(
    message: string,
    /** The path that the call was about. */
    readonly path: string,
    /** The system's word, such as `"ENOSPC"`; empty if there was none. */
    readonly code: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** Wraps what a system call on `path` threw. */
  static wrap(action: string, path: string, cause: unknown): StorageError {
    if (cause instanceof StorageError) return cause;
    const { code, message } = cause as { code?: unknown; message?: unknown };
    const word = typeof code === "string" ? code : "";
    const reason = REASONS[word] ?? String(message ?? cause);
    return new StorageError(
      `Cannot ${action} "${path}" because ${reason}${word && ` (${word})`}`,
      path,
      word,
      { cause },
    );
  }
}

const REASONS: Record<string, string | undefined> = {
  EACCES: "permission is denied",
  EPERM: "permission is denied",
  EROFS: "the file system is read-only",
  EEXIST: "it exists already",
  EISDIR: "it is a directory",
  EIO: "the device failed",
  EMFILE: "too many files are open",
  ENOENT: "it does not exist",
  ENOSPC: "no space is left on the device",
  EDQUOT: "the disk quota is used up",
  ENOTDIR: "it is no directory",
};

/**
 * No space is left on the device, or no quota. What was to be written is not
 * there, nothing that was acknowledged at `os` or `disk` is lost, and the log
 * goes on by itself: the next append tries again. `truncateBefore` makes room.
 */
export class StorageFullError extends Error {
  /** The class's name. */
  override readonly name = "StorageFullError";

  /** Made by a frame log, around the storage's own error as `cause`. */
  constructor(
    /** What could not be written to, a path. */
    readonly path: string,
    options?: ErrorOptions,
    /**
     * LSN from which on no record was written: those LSNs are given out again.
     * Absent where no record was to be written.
     */
    readonly lsn?: number,
  ) {
    const what = lsn === undefined
      ? "nothing was written"
      : `no record from ${lsn} on was written`;
    super(
      `Cannot write to "${path}" because no space is left: ${what}. Make ` +
        "room, for instance by truncateBefore, and append again",
      options,
    );
  }
}

/** Whether a file was not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof StorageError && error.code === "ENOENT";
}

/** Whether a call failed because there is no space, or no quota. */
export function isOutOfSpace(error: unknown): boolean {
  return error instanceof StorageFullError ||
    error instanceof StorageError &&
      (error.code === "ENOSPC" || error.code === "EDQUOT");
}

/** `error`, or what it means for a log if it means that there is no space. */
export function explainFull(error: unknown): unknown {
  if (!isOutOfSpace(error) || error instanceof StorageFullError) return error;
  return new StorageFullError((error as StorageError).path, { cause: error });
}

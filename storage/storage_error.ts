/**
 * Thrown if a file or directory cannot be used: it is missing, it is a file
 * instead of a directory, access is not permitted, the disk is full, …
 */
export class StorageError extends Error {
  /** The class's name. */
  override readonly name = "StorageError";

  /** Creates the error; adapters pass the runtime's error as `cause`. */
  constructor(
    message: string,
    /** The path that the call was about. */
    readonly path: string,
    /** The system's error code, such as `"ENOSPC"`; empty if there is none. */
    readonly code: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** Wraps the error of a system call on `path`. */
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
  EEXIST: "it already exists",
  EISDIR: "it is a directory",
  EIO: "the device failed",
  EMFILE: "too many files are open",
  ENOENT: "it does not exist",
  ENOSPC: "no space is left on the device",
  EDQUOT: "the disk quota is used up",
  ENOTDIR: "it is not a directory",
};

/**
 * Thrown if the device has no space left, or the quota is used up. Nothing was
 * written, and nothing acknowledged at `os` or `disk` is lost. The log
 * continues: the next append tries again. `truncateBefore` frees space.
 */
export class StorageFullError extends Error {
  /** The class's name. */
  override readonly name = "StorageFullError";

  /** Creates the error; frame logs pass the storage's error as `cause`. */
  constructor(
    /** The path that could not be written to. */
    readonly path: string,
    options?: ErrorOptions,
    /**
     * LSN of the first record that was not written; it and those after it are
     * assigned again. Absent if there was no record to write.
     */
    readonly lsn?: number,
  ) {
    const what = lsn === undefined
      ? "nothing was written"
      : `no record from ${lsn} on was written`;
    super(
      `Cannot write to "${path}" because no space is left: ${what}. Free ` +
        "some space, for instance with truncateBefore, and append again",
      options,
    );
  }
}

/** Whether a file was not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof StorageError && error.code === "ENOENT";
}

/** Whether a call failed because space or quota is used up. */
export function isOutOfSpace(error: unknown): boolean {
  return error instanceof StorageFullError ||
    error instanceof StorageError &&
      (error.code === "ENOSPC" || error.code === "EDQUOT");
}

/** `error`, or a `StorageFullError` around it if no space is left. */
export function explainFull(error: unknown): unknown {
  if (!isOutOfSpace(error) || error instanceof StorageFullError) return error;
  return new StorageFullError((error as StorageError).path, { cause: error });
}

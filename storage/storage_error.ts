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
      `Cannot ${action} "${path}" as ${reason}${word && ` (${word})`}`,
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

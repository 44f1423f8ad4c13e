import type { Storage } from "./storage.ts";

/**
 * Thrown if a log is not in a directory of files, because it is in a `LogEngine`
 * or is a `FrameLog` without `files`: snapshots are files next to the log, and so
 * are cursors, unless the log keeps them elsewhere.
 */
export class NoDirectoryError extends Error {
  /** The class's name. */
  override readonly name = "NoDirectoryError";

  /** Creates the error for what was asked of the log. */
  constructor(action: string) {
    super(
      `Cannot ${action} because the log is not in a directory: it has no files`,
    );
  }
}

/** Returns `files`, or throws {@linkcode NoDirectoryError}. */
export function requireFiles(
  action: string,
  files: Storage | undefined,
): Storage {
  if (files === undefined) throw new NoDirectoryError(action);
  return files;
}

import { StorageError } from "./storage_error.ts";

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

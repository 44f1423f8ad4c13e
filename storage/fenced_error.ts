import type { StorageLock } from "./storage.ts";

/**
 * Another owner has taken over the log; nothing more is acknowledged here.
 * It reaches callers as the `cause` of a `LogFailedError`.
 */
export class FencedError extends Error {
  /** The class's name. */
  override readonly name = "FencedError";

  /** Made by a frame log's `checkOwner`. */
  constructor(
    /** Where the log is. */
    readonly location: string,
    /** Epoch of the owner that was fenced. */
    readonly epoch: number,
    /** How it lost the lock, if known; see `StorageLock.whyLost`. */
    how = "another owner took over, or the lock file or directory was " +
      "moved or removed",
  ) {
    super(
      `Cannot go on in "${location}": its lock of epoch ${epoch} is lost ` +
        `(${how}). Nothing more is acknowledged here; open the log again`,
    );
  }
}

/** Throws {@linkcode FencedError} unless the lock is still held. */
export async function requireHeld(
  location: string,
  lock: StorageLock,
): Promise<void> {
  if (await lock.held()) return;
  throw new FencedError(location, lock.epoch, lock.whyLost?.());
}

import { LogLockedError } from "./log_locked_error.ts";
import type { LockOptions, StorageLock } from "./storage.ts";

/** The lock of a directory in memory, which ends with it. */
export class MemoryLocks {
  #epoch = 0;
  #owner: number | undefined;

  /** Takes it; from an owner that has it only if `takeOver`. */
  take(location: string, options: LockOptions): StorageLock {
    const { takeOver = false, above = 0 } = options;
    if (this.#owner !== undefined && !takeOver) {
      throw new LogLockedError(
        `Cannot open "${location}" for writing: it is open already`,
        location,
        0,
      );
    }
    const epoch = Math.max(this.#epoch, above) + 1;
    this.#epoch = epoch;
    this.#owner = epoch;
    return {
      epoch,
      held: () => this.#owner === epoch,
      release: () => {
        if (this.#owner === epoch) this.#owner = undefined;
      },
    };
  }
}

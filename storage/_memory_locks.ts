import { LogLockedError } from "./log_locked_error.ts";
import type { StorageLock } from "./storage.ts";

/** The lock of a directory in memory, which ends with it. */
export class MemoryLocks {
  #epoch = 0;
  #owner: number | undefined;

  /** Takes it, from an owner that has it only if `takeOver`. */
  take(location: string, takeOver: boolean): StorageLock {
    if (this.#owner !== undefined && !takeOver) {
      throw new LogLockedError(
        `Cannot open "${location}" for writing as it is open already`,
        location,
        0,
      );
    }
    const epoch = ++this.#epoch;
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

import { fs } from "./_builtins.ts";
import { lockNumbers, lockPath } from "./_lock_place.ts";
import type { HeldKernelLock } from "./kernel_lock.ts";
import type { StorageLock } from "./storage.ts";
import { StorageError } from "./storage_error.ts";

/** Which file it is; in bigints where doubles would round the numbers. */
interface FileId {
  dev: number | bigint;
  ino: number | bigint;
}

/** A lock file that this process made, and holds open. */
export class HeldLock implements StorageLock {
  readonly epoch: number;
  readonly #directory: string;
  readonly #path: string;
  readonly #descriptor: number;
  readonly #isRounded: boolean;
  readonly #file: FileId;
  readonly #above: FileId;
  readonly #kernelLock: HeldKernelLock | undefined;
  #isReleased = false;

  /**
   * Opens the file by its final name: some file systems number names, not
   * files, and keep to a number for as long as the name's file is open.
   */
  constructor(directory: string, epoch: number, kernelLock?: HeldKernelLock) {
    this.epoch = epoch;
    this.#directory = directory;
    this.#path = lockPath(directory, epoch);
    this.#kernelLock = kernelLock;
    this.#descriptor = fs.openSync(this.#path, "r+");
    try {
      const file = fs.fstatSync(this.#descriptor);
      this.#isRounded = ![file.ino, file.dev].every(Number.isSafeInteger);
      this.#file = this.#isRounded
        ? fs.fstatSync(this.#descriptor, { bigint: true })
        : file;
      this.#above = fs.statSync(directory, { bigint: true });
    } catch (error) {
      fs.closeSync(this.#descriptor);
      throw error;
    }
  }

  /** Costs one system call, as it is asked once per flush. */
  held(): boolean {
    if (this.#isReleased) return false;
    try {
      const found = this.#isRounded
        ? fs.statSync(this.#path, { bigint: true })
        : this.#kernelLock?.stat(this.#path) ?? fs.statSync(this.#path);
      return isSameFile(found, this.#file);
    } catch (error) {
      if (isMissing(error)) return false;
      throw StorageError.wrap("look at", this.#path, error);
    }
  }

  whyLost(): string | undefined {
    if (this.held()) return undefined;
    try {
      const above = fs.statSync(this.#directory, { bigint: true });
      if (!isSameFile(above, this.#above)) {
        return "the directory was moved, and another directory is at its path";
      }
      const highest = lockNumbers(this.#directory).at(-1) ?? 0;
      return highest > this.epoch
        ? `another owner took over, with epoch ${highest}`
        : "its lock file was removed or replaced, with no new owner";
    } catch (error) {
      return isMissing(error)
        ? "the directory was moved or removed"
        : undefined;
    }
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    try {
      fs.ftruncateSync(this.#descriptor, 0);
    } catch (error) {
      throw StorageError.wrap("release", this.#path, error);
    } finally {
      fs.closeSync(this.#descriptor);
      this.#kernelLock?.free();
    }
  }
}

function isSameFile(one: FileId, other: FileId): boolean {
  return one.ino === other.ino && one.dev === other.dev;
}

/** Whether a path leads nowhere. */
function isMissing(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === "ENOENT" || code === "ENOTDIR";
}

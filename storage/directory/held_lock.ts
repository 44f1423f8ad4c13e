import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  statSync,
} from "node:fs";
import { lockNumbers, lockPath } from "./lock_place.ts";
import type { StorageLock } from "../storage.ts";
import { StorageError } from "../storage_error.ts";

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
    this.#descriptor = openSync(this.#path, "r+");
    try {
      const file = fstatSync(this.#descriptor);
      this.#isRounded = ![file.ino, file.dev].every(Number.isSafeInteger);
      this.#file = this.#isRounded
        ? fstatSync(this.#descriptor, { bigint: true })
        : file;
      this.#above = statSync(directory, { bigint: true });
    } catch (error) {
      closeSync(this.#descriptor);
      throw error;
    }
  }

  /** Costs one system call, as it is asked once per flush. */
  held(): boolean {
    if (this.#isReleased) return false;
    try {
      const found = this.#isRounded
        ? statSync(this.#path, { bigint: true })
        : this.#kernelLock?.stat(this.#path) ?? statSync(this.#path);
      return isSameFile(found, this.#file);
    } catch (error) {
      if (isMissing(error)) return false;
      throw StorageError.wrap("look at", this.#path, error);
    }
  }

  whyLost(): string | undefined {
    if (this.held()) return undefined;
    try {
      const above = statSync(this.#directory, { bigint: true });
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
      ftruncateSync(this.#descriptor, 0);
    } catch (error) {
      throw StorageError.wrap("release", this.#path, error);
    } finally {
      closeSync(this.#descriptor);
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

/** A lock that the kernel frees with its process, if the runtime has one. */
export interface KernelLock {
  /** Takes it on the file, for as long as the process lives or until freed. */
  hold(path: string): HeldKernelLock;
  /** Whether a living process holds it on the file; `"unknown"`: cannot ask. */
  state(path: string): "held" | "free" | "unknown";
}

/** A kernel lock that this process has. */
export interface HeldKernelLock {
  /**
   * Device and inode of the file at `path`, where this is cheaper than
   * `node:fs`; `undefined` where it does not know. Throws as `node:fs` does.
   */
  stat(path: string): { dev: number; ino: number } | undefined;
  /** Lets others have it. */
  free(): void;
}

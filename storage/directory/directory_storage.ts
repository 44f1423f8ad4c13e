import {
  linkSync,
  readdirSync,
  renameSync,
  statfsSync,
  unlinkSync,
} from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { acquireLock } from "./lock_file.ts";
import { makeDirectory, syncDirectory } from "./make_directory.ts";
import type { KernelLock } from "./held_lock.ts";
import {
  type LockOptions,
  LogLockedError,
  type OpenMode,
  type Storage,
  type StorageFile,
  type StorageLock,
} from "../storage.ts";
import { StorageError } from "../storage_error.ts";

const TMPFS_MAGIC = 0x01021994;

/** All of a {@linkcode Storage} on a real directory but its open files. */
export abstract class DirectoryStorage implements Storage {
  /** The directory's absolute path. */
  readonly location: string;
  readonly #kernelLock: KernelLock | undefined;

  /**
   * Resolves the path; touches nothing. A kernel lock, if the runtime has one,
   * is used beside the lock files.
   */
  constructor(directory: string | URL, kernelLock?: KernelLock) {
    this.#kernelLock = kernelLock;
    this.location = resolve(
      directory instanceof URL ? fileURLToPath(directory) : directory,
    );
  }

  /** Opens a file of the directory; see {@linkcode Storage}. */
  abstract open(name: string, mode: OpenMode): StorageFile;

  /** Lengthens a file by zeros; see {@linkcode Storage}. */
  abstract allocate(name: string, from: number, to: number): Promise<void>;

  /** Warns of where `disk` does not survive power loss. */
  warning(): string | undefined {
    if (this.#isOnTmpfs()) {
      return `"${this.location}" is on tmpfs: nothing there survives power loss`;
    }
    if (process.platform !== "darwin" || !process.versions.bun) {
      return undefined;
    }
    return `Bun leaves what it syncs in the drive's cache on macOS: what is ` +
      `acknowledged at "disk" in "${this.location}" may not survive power loss`;
  }

  /** Makes the directory and its parents; syncs their entries. */
  prepare(): void {
    this.attempt(
      "make log directory",
      this.location,
      () => makeDirectory(this.location),
    );
  }

  /** Takes the lock through numbered lock files. */
  lock(options: LockOptions = {}): StorageLock {
    return this.attempt(
      "lock",
      this.location,
      () => acquireLock(this.location, options, this.#kernelLock),
    );
  }

  /** Names of all entries of the directory. */
  list(): string[] {
    return this.attempt(
      "list",
      this.location,
      () => readdirSync(this.location),
    );
  }

  /** Gives a file a second name. */
  link(from: string, to: string): void {
    try {
      linkSync(this.path(from), this.path(to));
    } catch (error) {
      const { code } = error as { code?: unknown };
      const name = code === "ENOENT" ? from : to;
      throw StorageError.wrap("link", this.path(name), error);
    }
  }

  /** Renames within the directory. */
  rename(from: string, to: string): void {
    this.attempt(
      "rename",
      this.path(from),
      () => renameSync(this.path(from), this.path(to)),
    );
  }

  /** Removes a file of the directory. */
  remove(name: string): void {
    this.attempt("remove", this.path(name), () => unlinkSync(this.path(name)));
  }

  /** Syncs the directory's entries. */
  syncDirectory(): void {
    this.attempt("sync", this.location, () => syncDirectory(this.location));
  }

  #isOnTmpfs(): boolean {
    try {
      return statfsSync(this.location).type === TMPFS_MAGIC;
    } catch {
      return false;
    }
  }

  /** The path of one of the directory's files. */
  protected path(name: string): string {
    return `${this.location}/${name}`;
  }

  /** Runs `act`, wrapping what it throws. */
  protected attempt<T>(action: string, path: string, act: () => T): T {
    try {
      return act();
    } catch (error) {
      if (error instanceof LogLockedError) throw error;
      throw StorageError.wrap(action, path, error);
    }
  }
}

/** Options of `NodeStorage` and `DenoStorage`. */
export interface FileStorageOptions {
  /**
   * Where syncs are made:
   *
   * - `"auto"` (default): as they turn out to cost, anew as that changes;
   * - `"blocking"`: on the calling thread, which is the fastest where a sync
   *   takes well under a millisecond, but the event loop stands still meanwhile;
   * - `"threaded"`: on the runtime's thread pool, which costs some 40 us to hand
   *   over, and is right where a sync takes milliseconds.
   *
   * Writes are always made on the calling thread: the system takes them to
   * memory.
   */
  io?: "auto" | "blocking" | "threaded" | undefined;
}

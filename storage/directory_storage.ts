import { fs, paths, process, requireFiles, urls } from "./_builtins.ts";
import { acquireLock } from "./_lock_file.ts";
import { makeDirectory } from "./_make_directory.ts";
import { syncDirectory } from "./_sync_directory.ts";
import type { KernelLock } from "./kernel_lock.ts";
import { LogLockedError } from "./log_locked_error.ts";
import type {
  LockOptions,
  OpenMode,
  Storage,
  StorageFile,
  StorageLock,
} from "./storage.ts";
import { StorageError } from "./storage_error.ts";

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
    requireFiles(directory);
    this.#kernelLock = kernelLock;
    this.location = paths.resolve(
      directory instanceof URL ? urls.fileURLToPath(directory) : directory,
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
      () => fs.readdirSync(this.location),
    );
  }

  /** Gives a file a second name. */
  link(from: string, to: string): void {
    try {
      fs.linkSync(this.path(from), this.path(to));
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
      () => fs.renameSync(this.path(from), this.path(to)),
    );
  }

  /** Removes a file of the directory. */
  remove(name: string): void {
    this.attempt(
      "remove",
      this.path(name),
      () => fs.unlinkSync(this.path(name)),
    );
  }

  /** Syncs the directory's entries. */
  syncDirectory(): void {
    this.attempt("sync", this.location, () => syncDirectory(this.location));
  }

  #isOnTmpfs(): boolean {
    try {
      return fs.statfsSync(this.location).type === TMPFS_MAGIC;
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

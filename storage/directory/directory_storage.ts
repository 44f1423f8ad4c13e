import type { Stats } from "node:fs";
import { argumentError, requireInteger } from "../../argument.ts";
import {
  type LockOptions,
  LogLockedError,
  type MaybePromise,
  type OpenMode,
  type Storage,
  type StorageFile,
  type StorageLock,
  type StorageSpace,
  type ThreadOptions,
} from "../storage.ts";
import { StorageError } from "../storage_error.ts";
import type { FrameThread } from "../thread/frame_thread.ts";
import { fs, paths, process, urls } from "./builtins.ts";
import { acquireLock } from "./lock_file.ts";
import type { KernelLock } from "./lock_owner.ts";
import { type FileStorageOptions, SyncRouting } from "./sync_routing.ts";

/** File systems in memory, by the numbers that Linux gives them. */
const IN_MEMORY = new Map([[0x01021994, "tmpfs"], [0x858458f6, "ramfs"]]);

/** A {@linkcode Storage} in a real directory, except for its open files. */
export abstract class DirectoryStorage implements Storage {
  /** File systems journal a change of a file's size with each sync. */
  readonly prefersOverwrites = true;
  /** All calls block, but syncs on another thread. */
  readonly isBlocking = true;
  /** The directory's absolute path. */
  readonly location: string;
  /** Permission bits of files that are created; absent if the umask decides. */
  protected readonly mode: number | undefined;
  /** Where syncs run. */
  protected readonly routing: SyncRouting;
  readonly #kernelLock: KernelLock | undefined;

  /**
   * Resolves the path, and touches nothing on disk. A kernel lock, if the
   * runtime has one, is used in addition to the lock files.
   */
  constructor(
    directory: string | URL,
    options: FileStorageOptions = {},
    kernelLock?: KernelLock,
  ) {
    requireFiles(directory);
    this.routing = new SyncRouting(options);
    const { mode } = options;
    if (mode !== undefined) requireMode(mode);
    this.mode = process.platform === "win32" ? undefined : mode;
    this.#kernelLock = kernelLock;
    this.location = paths.resolve(
      directory instanceof URL ? urls.fileURLToPath(directory) : directory,
    );
  }

  /** Opens a file in the directory; see {@linkcode Storage}. */
  abstract open(name: string, mode: OpenMode): StorageFile;

  /** Warns if `disk` acks do not survive power loss here. */
  warning(): string | undefined {
    const inMemory = this.#memoryFileSystem();
    if (inMemory !== undefined) {
      return `"${this.location}" is on ${inMemory}: nothing there survives ` +
        "power loss";
    }
    if (process.platform !== "darwin" || !process.versions.bun) {
      return undefined;
    }
    return "On macOS, Bun leaves synced data in the drive's cache: records " +
      `acknowledged at "disk" in "${this.location}" may not survive power loss`;
  }

  /** Creates the directory and its parents, and syncs their entries. */
  prepare(): void {
    this.attempt(
      "create log directory",
      this.location,
      () => makeDirectory(this.location, syncDirectory, this.mode),
    );
  }

  /** Takes the lock by means of numbered lock files. */
  lock(options: LockOptions = {}): StorageLock {
    return this.attempt(
      "lock",
      this.location,
      () =>
        acquireLock(this.location, options, {
          kernel: this.#kernelLock,
          mode: this.mode,
        }),
    );
  }

  /** Lists the names of all entries in the directory. */
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

  /** Renames a file within the directory. */
  rename(from: string, to: string): void {
    this.attempt(
      "rename",
      this.path(from),
      () => fs.renameSync(this.path(from), this.path(to)),
    );
  }

  /** Removes a file from the directory. */
  remove(name: string): void {
    this.attempt(
      "remove",
      this.path(name),
      () => fs.unlinkSync(this.path(name)),
    );
  }

  /** Syncs the directory's entries. */
  syncDirectory(): MaybePromise<void> {
    if (!this.routing.isThreaded) return this.syncDirectorySync();
    return new Promise((resolve, reject) => {
      const done = (error: unknown) =>
        error
          ? reject(StorageError.wrap("sync", this.location, error))
          : resolve();
      syncDirectoryThreaded(this.location, done);
    });
  }

  /** The same, on the calling thread. */
  syncDirectorySync(): void {
    this.attempt("sync", this.location, () => syncDirectory(this.location));
  }

  /**
   * Starts a thread for the files in the directory. While there is an exclusive
   * one, all other syncs run on the runtime's thread pool, unless an option says
   * where.
   */
  async startThread({ isExclusive }: ThreadOptions): Promise<FrameThread> {
    const { FlushThread } = await import("../thread/flush_thread.ts");
    const ended = isExclusive ? this.routing.addThread() : undefined;
    return await FlushThread.start(this.location, ended);
  }

  /**
   * Watches the directory by `node:fs`, if the system allows it: a system has
   * a limited number of watches, and network file systems do not report what
   * other hosts write. The process stays alive as long as it watches.
   */
  watch(wake: () => void): (() => void) | undefined {
    try {
      const watcher = fs.watch(this.location, () => wake());
      // The directory may be removed; readers poll too, and see it.
      watcher.on("error", () => watcher.close());
      return () => watcher.close();
    } catch {
      return undefined;
    }
  }

  /** Whether there is a file of that name; one cheap system call. */
  exists(name: string): boolean {
    try {
      return fs.existsSync(this.path(name));
    } catch {
      return false; // Deno throws if the permission was revoked.
    }
  }

  /** The room on the file system, asked for on another thread. */
  space(): Promise<StorageSpace | undefined> {
    return new Promise((resolve) => {
      // Deno needs --allow-sys for it, and it is not known without.
      fs.statfs(this.location, (error, found) => {
        if (error) return resolve(undefined);
        const { bavail, blocks, bsize } = found;
        if (blocks === 0) return resolve(undefined); // As ramfs has it.
        resolve({ freeBytes: bavail * bsize, totalBytes: blocks * bsize });
      });
    });
  }

  /** The file system in memory that the directory is on, if it is on one. */
  #memoryFileSystem(): string | undefined {
    try {
      return IN_MEMORY.get(fs.statfsSync(this.location).type >>> 0);
    } catch {
      return undefined;
    }
  }

  /** The path of a file in the directory. */
  protected path(name: string): string {
    return `${this.location}/${name}`;
  }

  /** Runs `act` and wraps any error it throws. */
  protected attempt<T>(action: string, path: string, act: () => T): T {
    try {
      return act();
    } catch (error) {
      if (error instanceof LogLockedError) throw error;
      throw StorageError.wrap(action, path, error);
    }
  }
}

/**
 * Creates a directory and its parents. Each is synced into its parent before
 * anything is put into it. Directories that already exist are not written to,
 * so no permission to write is needed.
 *
 * An existing directory is synced into its parent too, because its creator may
 * have died before doing so. This skips a parent that must not be read, and
 * one that cannot be synced if the directory is mounted there: the entry of a
 * mount point is not what leads to the log.
 */
export function makeDirectory(
  path: string,
  sync = syncDirectory,
  mode?: number,
): void {
  const parent = paths.dirname(path);
  const found = look(path);
  if (found === "denied") return;
  if (found !== undefined) {
    requireDirectory(path, found);
    return settle(path, found, sync);
  }
  makeDirectory(parent, sync, mode);
  try {
    fs.mkdirSync(path);
    if (mode !== undefined) fs.chmodSync(path, mode | (mode & 0o444) >> 2);
  } catch (error) {
    // Another opener may have been faster. A dangling link fails here too.
    if (look(path) === undefined) throw error;
    return makeDirectory(path, sync, mode);
  }
  try {
    sync(parent);
  } catch (error) {
    // If it stayed, the next opener would treat it as an existing one.
    removeIfEmpty(path);
    throw error;
  }
}

function settle(
  path: string,
  found: Stats,
  sync: (path: string) => void,
): void {
  const parent = paths.dirname(path);
  try {
    sync(parent);
  } catch (error) {
    if (!isDenied(error) && !isMountPoint(found, parent)) throw error;
  }
}

/** Returns `"denied"` if Deno lacks the permission to look at it. */
function look(path: string): Stats | "denied" | undefined {
  try {
    return fs.statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    const { name, code } = error as { name?: string; code?: string };
    if (name === "NotCapable") return "denied";
    // Node from 22 on does not throw it; what is in the way is found above.
    if (code === "ENOTDIR") return undefined;
    throw error;
  }
}

function requireDirectory(path: string, found: Stats): void {
  if (found.isDirectory()) return;
  throw Object.assign(
    new Error(`EEXIST: a file is where a directory should be, "${path}"`),
    { code: "EEXIST" },
  );
}

function isMountPoint({ dev }: Stats, parent: string): boolean {
  const above = look(parent);
  return typeof above === "object" && above.dev !== dev;
}

/** Whether the system, or Deno's permissions, denied it. */
function isDenied(error: unknown): boolean {
  const { code, name } = error as { code?: string; name?: string };
  return code === "EACCES" || code === "EPERM" || name === "NotCapable";
}

function removeIfEmpty(path: string): void {
  try {
    fs.rmdirSync(path);
  } catch {
    // Another opener uses it, and syncs the parent itself.
  }
}

/**
 * Makes a directory's entries durable. Windows cannot sync a directory, but it
 * journals the entries.
 */
function syncDirectory(path: string): void {
  if (process.platform === "win32") return;
  const descriptor = fs.openSync(path, "r");
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** Throws `RangeError` or `TypeError` unless the owner may read and write. */
function requireMode(mode: number): void {
  requireInteger("create a storage", "mode", mode, 0o600, 0o777);
  if ((mode & 0o600) === 0o600) return;
  const rule = "one that lets the owner read and write, such as 0o640";
  throw argumentError("create a storage", "mode", rule, mode);
}

/** Throws on a runtime that has no files. */
function requireFiles(directory: string | URL): void {
  if (fs !== undefined) return;
  throw new TypeError(
    `Cannot use "${directory}" because this runtime has no file system API: ` +
      "it needs Deno, Bun, or Node 20.16+ or 22.3+. Use a MemoryStorage or " +
      "your own Storage.",
  );
}

/** The same on the runtime's thread pool. */
function syncDirectoryThreaded(
  path: string,
  done: (error: unknown) => void,
): void {
  if (process.platform === "win32") return done(null);
  fs.open(path, "r", (error, descriptor) => {
    if (error) return done(error);
    fs.fsync(descriptor, (error) => {
      fs.close(descriptor, (unclosed) => done(error ?? unclosed));
    });
  });
}

import type { Stats } from "node:fs";
import {
  argumentError,
  requireInteger,
  requireOneOf,
  requireOptions,
} from "../../argument.ts";
import {
  type LockOptions,
  LogLockedError,
  type OpenMode,
  type Storage,
  type StorageFile,
  type StorageLock,
  type StorageSpace,
} from "../storage.ts";
import { StorageError } from "../storage_error.ts";
import { fs, paths, process, urls } from "./builtins.ts";
import { acquireLock } from "./lock_file.ts";
import type { KernelLock } from "./lock_owner.ts";

const TMPFS_MAGIC = 0x01021994;

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
  readonly #kernelLock: KernelLock | undefined;

  /**
   * Resolves the path, and touches nothing on disk. A kernel lock, if the
   * runtime has one, is used in addition to the lock files.
   */
  constructor(
    directory: string | URL,
    { mode }: FileStorageOptions = {},
    kernelLock?: KernelLock,
  ) {
    requireFiles(directory);
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
    if (this.#isOnTmpfs()) {
      return `"${this.location}" is on tmpfs: nothing there survives power ` +
        "loss";
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
  syncDirectory(): void {
    this.attempt("sync", this.location, () => syncDirectory(this.location));
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
        resolve({ freeBytes: bavail * bsize, totalBytes: blocks * bsize });
      });
    });
  }

  #isOnTmpfs(): boolean {
    try {
      return fs.statfsSync(this.location).type === TMPFS_MAGIC;
    } catch {
      return false;
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

/** Options of `NodeStorage` and `DenoStorage`. */
export interface FileStorageOptions {
  /**
   * Where syncs run:
   *
   * - `"auto"` (default): blocking while syncs are fast, otherwise threaded;
   * - `"blocking"`: on the calling thread. Fastest if a sync takes well under a
   *   millisecond, but it blocks the event loop;
   * - `"threaded"`: on the runtime's thread pool. Handing a sync over costs
   *   about 40 us; right if a sync takes milliseconds.
   *
   * Writes always run on the calling thread, because the system only copies
   * them to memory.
   */
  io?: "auto" | "blocking" | "threaded" | undefined;
  /**
   * Permission bits of the files that it creates, whatever the umask is: an
   * integer from 0o600 to 0o777 that lets the owner read and write. Directories
   * that it creates can be entered by those who may read. What exists keeps its
   * bits, and Windows has none. Default: 0o666 without the bits of the umask.
   */
  mode?: number | undefined;
}

/** Number of syncs judged together, so that one outlier decides nothing. */
const RECENT = 8;

/** Syncs longer than this block the event loop for too long, in ms. */
export const SLOW_MS = 1;

/** Syncs shorter than this are not worth handing over, in ms. */
export const FAST_MS = 0.5;

/**
 * Decides where syncs run, by how long the last ones took. Between fast and
 * slow nothing changes, so that it does not flip back and forth.
 */
export class SyncRouting {
  readonly #isFixed: boolean;
  readonly #recent: number[] = [];
  #isThreaded: boolean;

  /** Throws `TypeError` if an option is unknown or invalid. */
  constructor(options: FileStorageOptions) {
    requireOptions("create a storage", options, ["io", "mode"]);
    const { io = "auto" } = options;
    const choices = ["auto", "blocking", "threaded"] as const;
    requireOneOf("create a storage", "io", io, choices);
    this.#isFixed = io !== "auto";
    this.#isThreaded = io === "threaded";
  }

  /** Whether the next sync should run on another thread. */
  get isThreaded(): boolean {
    return this.#isThreaded;
  }

  /** Records how long a sync took, in ms. */
  observe(ms: number): void {
    if (this.#isFixed) return;
    this.#recent.push(ms);
    if (this.#recent.length < RECENT) return;
    const others = this.#recent.filter((recent) =>
      this.#isThreaded ? recent < FAST_MS : recent > SLOW_MS
    );
    if (others.length > RECENT / 2) this.#isThreaded = !this.#isThreaded;
    this.#recent.length = 0;
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

import process from "node:process";
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  statfsSync,
  type Stats,
  statSync,
  unlinkSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { acquireLock } from "./lock_file.ts";
import type { KernelLock } from "./lock_owner.ts";
import {
  type LockOptions,
  LogLockedError,
  type OpenMode,
  type Storage,
  type StorageFile,
  type StorageLock,
} from "../storage.ts";
import { StorageError } from "../storage_error.ts";
import { argumentError, requireOptions } from "../../argument.ts";

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

/** Syncs that are looked at together: an outlier among them decides nothing. */
const RECENT = 8;

/** A sync that takes longer blocks the event loop for too long. */
export const SLOW_MS = 1;

/** One that takes less is not worth to be handed over. */
export const FAST_MS = 0.5;

/**
 * Decides where syncs are made, by how long the last ones took. Between slow
 * and fast it stays as it is, so that it does not go to and fro.
 */
export class SyncRouting {
  readonly #isFixed: boolean;
  readonly #recent: number[] = [];
  #isThreaded: boolean;

  /** Throws `TypeError` on an option that is unknown or out of bounds. */
  constructor(options: FileStorageOptions) {
    requireOptions("make a storage", options, ["io"]);
    const { io = "auto" } = options;
    if (!["auto", "blocking", "threaded"].includes(io)) {
      const rule = '"auto", "blocking" or "threaded"';
      throw argumentError("make a storage", "io", rule, io);
    }
    this.#isFixed = io !== "auto";
    this.#isThreaded = io === "threaded";
  }

  /** Whether the next sync is to be made on another thread. */
  get isThreaded(): boolean {
    return this.#isThreaded;
  }

  /** Takes note of how long a sync took, in ms. */
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
 * Makes a directory and its parents, each synced into the one above before
 * anything is put into it. What is there already is not written to, so it needs
 * no permission to write.
 *
 * One that is there already is synced into its parent as well: who made it may
 * have died before. A parent that must not be read is then passed over, and one
 * that cannot be synced, if the directory is mounted there: a mount point's
 * entry is not what leads to the log.
 */
export function makeDirectory(path: string, sync = syncDirectory): void {
  const parent = dirname(path);
  const found = look(path);
  if (found === "denied") return;
  if (found !== undefined) {
    requireDirectory(path, found);
    return settle(path, found, sync);
  }
  makeDirectory(parent, sync);
  try {
    mkdirSync(path);
  } catch (error) {
    // Unless another opener was faster. A link to nothing is there as well.
    if (look(path) === undefined) throw error;
    return makeDirectory(path, sync);
  }
  try {
    sync(parent);
  } catch (error) {
    // Left there, the next opener would take it for somebody's.
    removeIfEmpty(path);
    throw error;
  }
}

function settle(
  path: string,
  found: Stats,
  sync: (path: string) => void,
): void {
  const parent = dirname(path);
  try {
    sync(parent);
  } catch (error) {
    if (!isDenied(error) && !isMountPoint(found, parent)) throw error;
  }
}

/** `"denied"`: Deno was not given the permission to look at it. */
function look(path: string): Stats | "denied" | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if ((error as Error).name === "NotCapable") return "denied";
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

/** By the system, or by Deno's permissions. */
function isDenied(error: unknown): boolean {
  const { code, name } = error as { code?: string; name?: string };
  return code === "EACCES" || code === "EPERM" || name === "NotCapable";
}

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Another opener uses it, and has to sync the parent itself.
  }
}

/**
 * Makes a directory's entries durable. Windows refuses to sync a directory; its
 * entries are journaled.
 */
export function syncDirectory(path: string): void {
  if (process.platform === "win32") return;
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

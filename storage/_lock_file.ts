import {
  closeSync,
  fstatSync,
  ftruncateSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import {
  isElsewhere,
  type LockOwner,
  type OwnerState,
  ownerState,
  thisProcess,
} from "./_lock_owner.ts";
import { isLockFile } from "./format/lock_name.ts";
import type { HeldKernelLock, KernelLock } from "./kernel_lock.ts";
import { LogLockedError } from "./log_locked_error.ts";
import type { StorageLock } from "./storage.ts";
import { StorageError } from "./storage_error.ts";

/*
 * Lock files are numbered; the highest is the lock. It names its owner, and is
 * emptied on release, never removed. Who wants the lock and finds the owner
 * gone links a whole file to the next number, which succeeds for one process
 * only, and then removes the lower ones, with what died in the making. So:
 * - no two processes hold the same number, and the higher number wins;
 * - an owner sees that it was overtaken: its own file has no name any more.
 *   If it still has one after a sync, the taker has not begun to read, and
 *   will find what was synced.
 */

const ATTEMPTS = 100;

/** Takes the lock of `directory`, or throws a {@linkcode LogLockedError}. */
export function acquireLock(
  directory: string,
  takeOver: boolean,
  kernel?: KernelLock,
): StorageLock {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const highest = lockNumbers(directory).at(-1) ?? 0;
    if (highest > 0 && !takeOver) {
      refuseIfOwned(directory, highest, kernel);
    }
    const lock = create(directory, highest + 1, kernel);
    if (lock === undefined) continue;
    if (lockNumbers(directory).at(-1) !== lock.epoch) {
      removeIfThere(lockPath(directory, lock.epoch));
      lock.release();
      continue;
    }
    removeOutdated(directory, lock.epoch);
    return lock;
  }
  throw new LogLockedError(
    `Cannot lock "${directory}" as others took it ${ATTEMPTS} times in a row`,
    directory,
    0,
  );
}

class FileLock implements StorageLock {
  readonly epoch: number;
  readonly #path: string;
  readonly #descriptor: number;
  readonly #kernelLock: HeldKernelLock | undefined;
  #isReleased = false;

  /** Makes a temporary at `path`, where none may be, naming this process. */
  constructor(path: string, epoch: number, kernel?: KernelLock) {
    this.epoch = epoch;
    this.#path = path.replace(/\.\d+\.tmp$/, "");
    this.#descriptor = openSync(path, "wx+");
    try {
      writeFileSync(this.#descriptor, JSON.stringify(thisProcess()));
      this.#kernelLock = kernel?.hold(path);
    } catch (error) {
      closeSync(this.#descriptor);
      throw error;
    }
  }

  held(): boolean {
    if (this.#isReleased) return false;
    try {
      const names = this.#kernelLock?.names() ??
        fstatSync(this.#descriptor).nlink;
      return names > 0;
    } catch (error) {
      throw StorageError.wrap("look at", this.#path, error);
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

function refuseIfOwned(
  directory: string,
  number: number,
  kernel?: KernelLock,
): void {
  const path = lockPath(directory, number);
  const owner = readOwner(path);
  if (owner === undefined) return;
  const state = judge(owner, path, kernel);
  if (state === "dead") return;
  const who = `${owner.runtime} process ${owner.pid}`;
  throw new LogLockedError(
    state === "alive"
      ? `Cannot open "${directory}" for writing as ${who} has it open`
      : `Cannot open "${directory}" for writing as ${who} on host ` +
        `"${owner.host ?? "unknown"}" has it open and cannot be checked from ` +
        "here: if it is gone, open with takeOver: true (Deno needs " +
        "--allow-run to check another runtime's process)",
    directory,
    owner.pid,
  );
}

/** The kernel knows best, also across containers; only Deno's owners ask it. */
function judge(
  owner: LockOwner,
  path: string,
  kernel?: KernelLock,
): OwnerState {
  const held = owner.runtime === "Deno" ? kernel?.state(path) : undefined;
  if (held === "held") return "alive";
  return held === "free" && !isElsewhere(owner) ? "dead" : ownerState(owner);
}

/** `undefined` when it was released, is gone, or a power loss emptied it. */
function readOwner(path: string): LockOwner | undefined {
  try {
    const owner = JSON.parse(readFileSync(path, "utf8"));
    return Number.isSafeInteger(owner?.pid) ? owner : undefined;
  } catch (error) {
    const { code } = error as { code?: string };
    if (error instanceof SyntaxError || code === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * Makes the file whole, or not at all: then another process has made it, or
 * has the lock by now and removed the temporary.
 */
function create(
  directory: string,
  epoch: number,
  kernel?: KernelLock,
): FileLock | undefined {
  const path = lockPath(directory, epoch);
  // A pid is no name: processes of two containers may bear the same.
  const [random] = crypto.getRandomValues(new BigUint64Array(1));
  const temporary = `${path}.${random}.tmp`;
  let lock: FileLock | undefined;
  try {
    lock = new FileLock(temporary, epoch, kernel);
    linkSync(temporary, path);
    return lock;
  } catch (error) {
    lock?.release();
    const { code } = error as { code?: string };
    if (code === "EEXIST" || code === "ENOENT") return undefined;
    throw error;
  } finally {
    removeIfThere(temporary);
  }
}

/** Nobody can win any more with lower locks, or temporaries up to `epoch`. */
function removeOutdated(directory: string, epoch: number): void {
  for (const name of readdirSync(directory).filter(isLockFile)) {
    const number = parseInt(name, 10);
    if (number < epoch || number === epoch && name.endsWith(".tmp")) {
      removeIfThere(`${directory}/${name}`);
    }
  }
}

function lockNumbers(directory: string): number[] {
  return readdirSync(directory)
    .filter((name) => /^\d{8,}\.lock$/.test(name))
    .map((name) => parseInt(name, 10))
    .sort((a, b) => a - b);
}

function lockPath(directory: string, number: number): string {
  return `${directory}/${String(number).padStart(8, "0")}.lock`;
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as { code?: string }).code !== "ENOENT") throw error;
  }
}

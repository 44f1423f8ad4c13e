import { fs } from "./_builtins.ts";
import { HeldLock } from "./_held_lock.ts";
import { thisProcess } from "./_lock_owner.ts";
import { lockNumbers, lockPath, lockPlace } from "./_lock_place.ts";
import { refuseIfOwned } from "./_refuse_if_owned.ts";
import { isLockFile } from "./format/lock_name.ts";
import type { HeldKernelLock, KernelLock } from "./kernel_lock.ts";
import { LogLockedError } from "./log_locked_error.ts";
import type { LockOptions } from "./storage.ts";

/*
 * Lock files are numbered; the highest is the lock. It names its owner, and is
 * emptied on release, never removed. Who wants the lock and finds the owner
 * gone links a whole file to the next number, which succeeds for one process
 * only, and then removes the lower ones, with what died in the making. So:
 * - no two processes hold the same number, and the higher number wins;
 * - an owner sees that it was overtaken: the path of its lock leads to its file
 *   no more. If it still does after a sync, the taker has not begun to read,
 *   and will find what was synced.
 *
 * A taker that needs a higher number than the next contends for the next all
 * the same, then links its file to the higher one as well. Contending for
 * different numbers, two could win.
 */

const ATTEMPTS = 100;

/**
 * Takes the lock of `directory`, or throws a {@linkcode LogLockedError}. What
 * could not be made whole leaves nothing behind.
 */
export function acquireLock(
  directory: string,
  options: LockOptions = {},
  kernel?: KernelLock,
): HeldLock {
  const { takeOver = false, above = 0 } = options;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const highest = lockNumbers(directory).at(-1) ?? 0;
    if (highest > 0 && !takeOver) refuseIfOwned(directory, highest, kernel);
    const lock = contend(directory, highest, above, kernel);
    if (lock !== undefined) return lock;
  }
  throw new LogLockedError(
    `Cannot open "${directory}" for writing: others took its lock ` +
      `${ATTEMPTS} times in a row`,
    directory,
    0,
  );
}

/** `undefined` if another process was faster, or has taken over by now. */
function contend(
  directory: string,
  highest: number,
  above: number,
  kernel?: KernelLock,
): HeldLock | undefined {
  const next = highest + 1;
  const epoch = Math.max(next, above + 1);
  const lock = make(directory, next, epoch, kernel);
  if (lock === undefined) return undefined;
  let isTaken = false;
  try {
    const rivals = lockNumbers(directory)
      .filter((number) => ![next, epoch].includes(number) && number > highest);
    if (rivals.length === 0) {
      removeOutdated(directory, epoch);
      isTaken = true;
    }
  } finally {
    if (!isTaken) {
      discard(lockPath(directory, epoch), lockPath(directory, next));
      lock.release();
    }
  }
  return isTaken ? lock : undefined;
}

/**
 * Makes the file whole, or not at all: then another process has made it, or
 * has the lock by now and removed the temporary.
 */
function make(
  directory: string,
  next: number,
  epoch: number,
  kernel?: KernelLock,
): HeldLock | undefined {
  // A pid is no name: processes of two containers may bear the same.
  const [random] = crypto.getRandomValues(new BigUint64Array(1));
  const temporary = `${lockPath(directory, next)}.${random}.tmp`;
  const linked: string[] = [];
  let kernelLock: HeldKernelLock | undefined;
  try {
    write(temporary, directory);
    kernelLock = kernel?.hold(temporary);
    for (const number of new Set([next, epoch])) {
      const path = lockPath(directory, number);
      fs.linkSync(temporary, path);
      linked.push(path);
    }
    return new HeldLock(directory, epoch, kernelLock);
  } catch (error) {
    discard(...linked);
    kernelLock?.free();
    const { code } = error as { code?: string };
    if (code === "EEXIST" || code === "ENOENT") return undefined;
    throw error;
  } finally {
    discard(temporary);
  }
}

/**
 * Synced, so that a lock file that has its name is whole: some file systems
 * tell only then that there is no room.
 */
function write(path: string, directory: string): void {
  const descriptor = fs.openSync(path, "wx");
  try {
    const owner = { ...thisProcess(), ...lockPlace(directory, descriptor) };
    fs.writeFileSync(descriptor, JSON.stringify(owner));
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** Nobody can win any more with lower locks, or temporaries up to `epoch`. */
function removeOutdated(directory: string, epoch: number): void {
  for (const name of fs.readdirSync(directory).filter(isLockFile)) {
    const number = parseInt(name, 10);
    if (number < epoch || number === epoch && name.endsWith(".tmp")) {
      removeIfThere(`${directory}/${name}`);
    }
  }
}

/** What stays is in nobody's way for long, and an error is on its way. */
function discard(...paths: string[]): void {
  for (const path of paths) {
    try {
      fs.unlinkSync(path);
    } catch {
      // The next owner removes it.
    }
  }
}

function removeIfThere(path: string): void {
  try {
    fs.unlinkSync(path);
  } catch (error) {
    if ((error as { code?: string }).code !== "ENOENT") throw error;
  }
}

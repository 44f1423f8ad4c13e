import { isLockFile } from "../format/file_names.ts";
import {
  type LockOptions,
  LogLockedError,
  type StorageLock,
} from "../storage.ts";
import { StorageError } from "../storage_error.ts";
import { fs } from "./builtins.ts";
import {
  type HeldKernelLock,
  type KernelLock,
  lockNumbers,
  lockPath,
  lockPlace,
  refuseIfOwned,
  thisProcess,
} from "./lock_owner.ts";
import {
  type FileId,
  isLockHeld,
  isMissing,
  isSameFile,
  type LockProof,
} from "./lock_proof.ts";

/*
 * Lock files are numbered; the highest is the lock. It names its owner, and is
 * emptied on release, never removed. A taker that finds the owner gone links a
 * whole file to the next number, which succeeds for one process only. It then
 * removes the lower ones, and the unfinished files of takers that died. So:
 * - no two processes hold the same number, and the higher number wins;
 * - an owner notices that it was displaced: the path of its lock no longer
 *   leads to its file. If it still does after a sync, no taker has begun to
 *   read yet, and any taker will find what was synced.
 *
 * A taker that needs a number above the next one still contends for the next
 * one, then links its file to the higher number too. If takers contended for
 * different numbers, two could win.
 */

const ATTEMPTS = 100;

/** How lock files are made. */
interface LockMaking {
  /** The runtime's kernel locks, if it has them. */
  readonly kernel?: KernelLock | undefined;
  /** Permission bits; by default, the umask decides. */
  readonly mode?: number | undefined;
}

/**
 * Takes the lock of `directory`, or throws a {@linkcode LogLockedError}. A lock
 * file that could not be completed is removed.
 */
export function acquireLock(
  directory: string,
  options: LockOptions = {},
  { kernel, mode }: LockMaking = {},
): HeldLock {
  const { takeOver = false, above = 0 } = options;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const highest = lockNumbers(directory).at(-1) ?? 0;
    if (highest > 0 && !takeOver) refuseIfOwned(directory, highest, kernel);
    const lock = contend(directory, highest, above, { kernel, mode });
    if (lock !== undefined) return lock;
  }
  throw new LogLockedError(
    `Cannot open "${directory}" for writing: other processes took its lock ` +
      `${ATTEMPTS} times in a row`,
    directory,
    0,
  );
}

/** Tries once; `undefined` if another process was faster or took over. */
function contend(
  directory: string,
  highest: number,
  above: number,
  making: LockMaking,
): HeldLock | undefined {
  const next = highest + 1;
  const epoch = Math.max(next, above + 1);
  const lock = make(directory, next, epoch, making);
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
 * Creates a whole lock file. Returns `undefined` if another process created it
 * first, or has taken the lock since and removed the temporary file.
 */
function make(
  directory: string,
  next: number,
  epoch: number,
  { kernel, mode }: LockMaking,
): HeldLock | undefined {
  // A pid is not unique: processes in two containers can have the same.
  const [random] = crypto.getRandomValues(new BigUint64Array(1));
  const temporary = `${lockPath(directory, next)}.${random}.tmp`;
  const linked: string[] = [];
  let kernelLock: HeldKernelLock | undefined;
  try {
    write(temporary, directory, mode);
    kernelLock = kernel?.hold(temporary);
    for (const number of new Set([next, epoch])) {
      const path = lockPath(directory, number);
      fs.linkSync(temporary, path);
      linked.push(path);
    }
    return new HeldLock(directory, epoch, { kernel, mode }, kernelLock);
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
 * Syncs the file, so that a lock file is whole once it has its name: some file
 * systems report a lack of space only then.
 */
function write(path: string, directory: string, mode?: number): void {
  const descriptor = fs.openSync(path, "wx", mode);
  try {
    if (mode !== undefined) fs.chmodSync(path, mode);
    const owner = { ...thisProcess(), ...lockPlace(directory, descriptor) };
    fs.writeFileSync(descriptor, JSON.stringify(owner));
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** Removes locks and temporary files that can no longer win. */
function removeOutdated(directory: string, epoch: number): void {
  for (const name of fs.readdirSync(directory).filter(isLockFile)) {
    const number = parseInt(name, 10);
    if (number < epoch || number === epoch && name.endsWith(".tmp")) {
      removeIfThere(`${directory}/${name}`);
    }
  }
}

/** Removes files, and ignores errors: leftovers do no harm for long. */
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

/** A lock file that this process created and holds open. */
export class HeldLock implements StorageLock {
  readonly epoch: number;
  readonly #directory: string;
  readonly #path: string;
  readonly #descriptor: number;
  readonly proof: LockProof;
  readonly #above: FileId;
  readonly #making: LockMaking;
  readonly #kernelLock: HeldKernelLock | undefined;
  /** Created once: a closure per flush would be garbage. */
  readonly #stat = (path: string) => this.#kernelLock?.stat(path);
  #isReleased = false;

  /**
   * Opens the file by its final name: some file systems number names, not
   * files, and keep a number for as long as the file is open by that name.
   */
  constructor(
    directory: string,
    epoch: number,
    making: LockMaking,
    kernelLock?: HeldKernelLock,
  ) {
    this.epoch = epoch;
    this.#making = making;
    this.#directory = directory;
    this.#path = lockPath(directory, epoch);
    this.#kernelLock = kernelLock;
    this.#descriptor = fs.openSync(this.#path, "r+");
    try {
      const { dev, ino } = fs.fstatSync(this.#descriptor);
      const isRounded = ![ino, dev].every(Number.isSafeInteger);
      const exact = { bigint: true } as const;
      const file = isRounded ? fs.fstatSync(this.#descriptor, exact) : null;
      this.proof = {
        path: this.#path,
        file: { dev: file?.dev ?? dev, ino: file?.ino ?? ino },
      };
      this.#above = fs.statSync(directory, { bigint: true });
    } catch (error) {
      fs.closeSync(this.#descriptor);
      throw error;
    }
  }

  /** Makes only one system call, because it is called once per flush. */
  held(): boolean {
    if (this.#isReleased) return false;
    return isLockHeld(this.proof, this.#stat);
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

  /**
   * Contends for the next number as any taker would. A taker that is faster has
   * that number, whatever higher one it also takes.
   */
  renew(): HeldLock | undefined {
    if (!this.held()) return undefined;
    const making = this.#making;
    const lock = contend(this.#directory, this.epoch, this.epoch, making);
    if (lock !== undefined) this.release();
    return lock;
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

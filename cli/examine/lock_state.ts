import {
  type FoundLock,
  isCopy,
  isSameBoot,
  lockNumbers,
  lockPath,
  type OwnerState,
  ownerState,
  readLock,
} from "../../storage/directory/mod.ts";
import { StorageError } from "../../storage/storage_error.ts";

/** Who may write to a log. */
export type LockState =
  /**
   * Nobody: the log was closed, or never opened, or the lock file was copied
   * from elsewhere and locks nothing here.
   */
  | { readonly state: "free"; readonly copy?: true }
  /** There is a lock, but it cannot be read or does not name its owner. */
  | { readonly state: "unreadable"; readonly reason: string }
  /** A process, which may be gone. */
  | {
    readonly state: OwnerState;
    readonly pid: number;
    readonly runtime: string;
    readonly host?: string;
  };

const ATTEMPTS = 10;

/** Reads the lock of `directory` without taking it. */
export function readLockState(directory: string): LockState {
  for (let attempt = 1;; attempt++) {
    const number = lockNumbers(directory).at(-1);
    if (number === undefined) return { state: "free" };
    const path = lockPath(directory, number);
    try {
      return judgeLock(readLock(directory, path), path);
    } catch (error) {
      // A new owner removes the previous lock: another look finds its own.
      const isGone = (error as { code?: string }).code === "ENOENT";
      if (isGone && attempt < ATTEMPTS) continue;
      const { message } = StorageError.wrap("read", path, error);
      return { state: "unreadable", reason: message };
    }
  }
}

function judgeLock(lock: FoundLock | undefined, path: string): LockState {
  if (lock === undefined) return { state: "free" };
  const { said: owner, place } = lock;
  if (owner === undefined) {
    return {
      state: "unreadable",
      reason: `the lock file "${path}" does not name its owner`,
    };
  }
  if (isCopy(owner, place, isSameBoot(owner))) {
    return { state: "free", copy: true };
  }
  const { pid, runtime, host } = owner;
  const state = ownerState(owner);
  return { state, pid, runtime, ...(host !== undefined && { host }) };
}

/** Says who may write to a log. */
export function describeLock(lock: LockState): string {
  switch (lock.state) {
    case "free":
      return lock.copy
        ? "free; the lock file is a copy from elsewhere and locks nothing"
        : "free";
    case "unreadable":
      return `unknown: ${lock.reason}`;
    case "alive":
      return `held by ${describeOwner(lock)}`;
    case "dead":
      return `left behind by ${describeOwner(lock)}, which is gone`;
    case "unknown":
      return `held by ${describeOwner(lock)}, if that is still running`;
  }
}

/** Names the process that holds the lock. */
export function describeOwner(
  lock: Extract<LockState, { pid: number }>,
): string {
  const { runtime, pid, host } = lock;
  return `${runtime} process ${pid}` +
    (host === undefined ? "" : ` on "${host}"`);
}

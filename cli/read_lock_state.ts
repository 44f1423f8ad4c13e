import { readdirSync, readFileSync } from "node:fs";
import { isLockFile } from "../storage/format/lock_name.ts";
import {
  type LockOwner,
  type OwnerState,
  ownerState,
} from "../storage/_lock_owner.ts";
import { StorageError } from "../storage/storage_error.ts";

/** Who may write to a log. */
export type LockState =
  /** Nobody: it was closed, or never opened. */
  | { readonly state: "free" }
  /** The lock is there, but cannot be read. */
  | { readonly state: "unreadable"; readonly reason: string }
  /** Somebody, who may be gone. */
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
    const name = readdirSync(directory)
      .filter((name) => isLockFile(name) && name.endsWith(".lock"))
      .sort((a, b) => parseInt(a, 10) - parseInt(b, 10))
      .at(-1);
    if (name === undefined) return { state: "free" };
    const path = `${directory}/${name}`;
    try {
      return judgeLock(readFileSync(path, "utf8"));
    } catch (error) {
      // A new owner removes the lock before: the next look finds its own.
      const isGone = (error as { code?: string }).code === "ENOENT";
      if (isGone && attempt < ATTEMPTS) continue;
      const { message } = StorageError.wrap("read", path, error);
      return { state: "unreadable", reason: message };
    }
  }
}

/** A lock file is emptied on release, or by a power loss. */
function judgeLock(text: string): LockState {
  const owner = parseOwner(text);
  if (owner === undefined) return { state: "free" };
  const { pid, runtime, host } = owner;
  const state = ownerState(owner);
  return { state, pid, runtime, ...(host !== undefined && { host }) };
}

function parseOwner(text: string): LockOwner | undefined {
  try {
    const owner = JSON.parse(text);
    return Number.isSafeInteger(owner?.pid) ? owner : undefined;
  } catch {
    return undefined;
  }
}

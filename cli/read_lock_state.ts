import { readdirSync, readFileSync } from "node:fs";
import { isLockFile } from "../storage/format/lock_name.ts";
import {
  type LockOwner,
  type OwnerState,
  ownerState,
} from "../storage/_lock_owner.ts";

/** Who may write to a log. */
export type LockState =
  /** Nobody: it was closed, or never opened. */
  | { readonly state: "free" }
  /** Somebody, who may be gone. */
  | {
    readonly state: OwnerState;
    readonly pid: number;
    readonly runtime: string;
    readonly host?: string;
  };

/** Reads the lock of `directory` without taking it. */
export function readLockState(directory: string): LockState {
  const name = readdirSync(directory)
    .filter((name) => isLockFile(name) && name.endsWith(".lock"))
    .sort((a, b) => parseInt(a, 10) - parseInt(b, 10))
    .at(-1);
  const owner = name && readOwner(`${directory}/${name}`);
  if (!owner) return { state: "free" };
  const { pid, runtime, host } = owner;
  const state = ownerState(owner);
  return { state, pid, runtime, ...(host !== undefined && { host }) };
}

/** A released lock file is empty. */
function readOwner(path: string): LockOwner | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

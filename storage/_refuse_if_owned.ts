import { fs, process } from "./_builtins.ts";
import {
  isElsewhere,
  isSameBoot,
  type LockOwner,
  type OwnerState,
  ownerState,
  thisProcess,
} from "./_lock_owner.ts";
import { isCopy, lockPath, type LockPlace, lockPlace } from "./_lock_place.ts";
import type { KernelLock } from "./kernel_lock.ts";
import { LogLockedError } from "./log_locked_error.ts";
import { StorageError } from "./storage_error.ts";

/** What a lock file says; nothing but the owner's `pid` is certain. */
export type LockContent = LockOwner & Partial<LockPlace>;

const TAKE_OVER = "open with takeOver: true (on the command line, --take-over)";

/** Throws unless the lock file is free: released, a copy, or of a dead owner. */
export function refuseIfOwned(
  directory: string,
  number: number,
  kernel?: KernelLock,
): void {
  const path = lockPath(directory, number);
  const found = readLock(directory, path);
  if (found === undefined) return;
  const { said, place } = found;
  if (said === undefined) {
    throw new LogLockedError(
      `Cannot open "${directory}" for writing: its lock file "${path}" does ` +
        `not say who made it. If nobody has the log open, ${TAKE_OVER}`,
      directory,
      0,
    );
  }
  if (isCopy(said, place, isSameBoot(said))) return;
  const isAsked = place.inode !== undefined ? kernel : undefined;
  const state = judge(said, path, isAsked);
  if (state === "dead") return;
  const why = state === "alive" ? whyAlive(said, directory) : whyUnknown(said);
  throw new LogLockedError(
    `Cannot open "${directory}" for writing: ${why}`,
    directory,
    said.pid,
  );
}

/**
 * The kernel knows best, even across containers; only Deno's owners ask it, and
 * only where a file has the same number under each of its names.
 */
function judge(
  owner: LockOwner,
  path: string,
  kernel?: KernelLock,
): OwnerState {
  const held = owner.runtime === "Deno" ? kernel?.state(path) : undefined;
  if (held === "held") return "alive";
  return held === "free" && !isElsewhere(owner) ? "dead" : ownerState(owner);
}

function whyAlive(owner: LockContent, directory: string): string {
  const who = `${owner.runtime} process ${owner.pid} has it open`;
  if (owner.directory !== undefined && owner.directory !== directory) {
    return `${who} as "${owner.directory}". Close it there. If the directory ` +
      "was moved, that process can acknowledge nothing more, and if it does " +
      `not close the log, ${TAKE_OVER}`;
  }
  if (owner.pid !== process.pid) return who;
  return owner.thread === undefined
    ? `this ${who}. If that was a worker thread that has ended, which cannot ` +
      `be told here, ${TAKE_OVER}`
    : `this ${who}`;
}

function whyUnknown(owner: LockContent): string {
  const me = thisProcess();
  const who = `${owner.runtime} process ${owner.pid}`;
  if (owner.host !== undefined && owner.host !== me.host) {
    return `${who} on host "${owner.host}" has it open, and whether it still ` +
      `runs cannot be told from ${me.host ? `host "${me.host}"` : "here"}. ` +
      `Once that host or container is gone, ${TAKE_OVER}`;
  }
  return `${who} has it open, and this process is not permitted to ask ` +
    "whether it still runs: Deno needs --allow-run to ask for a process of " +
    `another runtime. If it is gone, ${TAKE_OVER}`;
}

/** What a lock file says, unless it is nothing, and where it was found. */
interface FoundLock {
  /** `undefined` if it does not say who made it. */
  readonly said?: LockContent;
  readonly place: LockPlace;
}

/** `undefined` when it was released, is gone, or a power loss emptied it. */
function readLock(directory: string, path: string): FoundLock | undefined {
  let text: string;
  let place: LockPlace;
  try {
    const descriptor = fs.openSync(path, "r");
    try {
      place = lockPlace(directory, descriptor);
      text = fs.readFileSync(descriptor, "utf8");
    } finally {
      fs.closeSync(descriptor);
    }
  } catch (error) {
    const { code = "" } = error as { code?: string };
    if (code === "ENOENT") return undefined;
    const { message } = StorageError.wrap("read the lock file", path, error);
    throw new StorageError(
      `${message}. It says who has the log open: open the log as the user ` +
        `who made that file or, if nobody has it open, ${TAKE_OVER}`,
      path,
      code,
      { cause: error },
    );
  }
  return /^\0*$/.test(text) ? undefined : { said: parse(text), place };
}

function parse(text: string): LockContent | undefined {
  try {
    const said = JSON.parse(text);
    return Number.isSafeInteger(said?.pid) ? said : undefined;
  } catch {
    return undefined;
  }
}

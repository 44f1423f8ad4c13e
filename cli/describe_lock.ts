import type { LockState } from "./read_lock_state.ts";

/** Says who may write to a log. */
export function describeLock(lock: LockState): string {
  switch (lock.state) {
    case "free":
      return lock.copy
        ? "free; the lock file is a copy from elsewhere, which locks nothing"
        : "free";
    case "unreadable":
      return `not known: ${lock.reason}`;
    case "alive":
      return `held by ${describeOwner(lock)}`;
    case "dead":
      return `left behind by ${describeOwner(lock)}, which is gone`;
    case "unknown":
      return `held by ${describeOwner(lock)}, if that is still running`;
  }
}

/** Names the process that has the lock. */
export function describeOwner(
  lock: Extract<LockState, { pid: number }>,
): string {
  const { runtime, pid, host } = lock;
  return `${runtime} process ${pid}` +
    (host === undefined ? "" : ` on "${host}"`);
}

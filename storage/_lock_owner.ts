import { fs, os, process } from "./_builtins.ts";

/** What a lock file says of who made it. */
export interface LockOwner {
  pid: number;
  runtime: string;
  /** Unknown where the runtime does not permit to ask. */
  host?: string;
  /** Of the system, so that a reboot ends every lock; Linux only. */
  bootId?: string;
  /** Within which `pid` names one process; Linux only. */
  pidNamespace?: string;
  /** Of the process, so that a reused pid is not mistaken; Linux only. */
  startedAt?: string;
  /** Id of the thread, which may end before its process; Linux only. */
  thread?: number;
  /** Of the thread. */
  threadStartedAt?: string;
}

/** `"unknown"`: on another host, or asking is not permitted. */
export type OwnerState = "dead" | "alive" | "unknown";

/** Describes the thread that calls, and its process. */
export function thisProcess(): LockOwner {
  const { versions } = process as { versions: Record<string, string> };
  return {
    pid: process.pid,
    runtime: versions.deno ? "Deno" : versions.bun ? "Bun" : "Node",
    host: attempt(os.hostname),
    bootId: attempt(() =>
      fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()
    ),
    pidNamespace: attempt(() => fs.readlinkSync("/proc/self/ns/pid")),
    startedAt: processStat(process.pid)?.startedAt,
    ...thisThread(),
  };
}

/** Whether the owner still runs, as far as this process can tell. */
export function ownerState(owner: LockOwner): OwnerState {
  const me = thisProcess();
  const isNear = isSameBoot(owner, me) === true &&
    isSame(owner.pidNamespace, me.pidNamespace) === true;
  if (!isNear) {
    if (isSame(owner.host, me.host) === false) return "unknown";
    if (isSameBoot(owner, me) === false) return "dead";
  }
  if (owner.pid !== me.pid) {
    try {
      process.kill(owner.pid, 0);
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === "ESRCH") return "dead";
      if (code !== "EPERM") return "unknown";
    }
  }
  const stat = processStat(owner.pid);
  if (stat === undefined) return "alive";
  if (stat.state === "Z") return "dead";
  if (isSame(owner.startedAt, stat.startedAt) === false) return "dead";
  return hasEnded(owner) ? "dead" : "alive";
}

/**
 * Whether both run on one system that was not restarted in between;
 * `undefined` where it cannot be told.
 */
export function isSameBoot(
  owner: LockOwner,
  me: LockOwner = thisProcess(),
): boolean | undefined {
  return isSame(owner.bootId, me.bootId);
}

/**
 * Whether the owner runs on another system, as far as this process can tell:
 * what the kernel says of locks here means nothing there.
 */
export function isElsewhere(owner: LockOwner): boolean {
  const me = thisProcess();
  return !(isSameBoot(owner, me) ?? isSame(owner.host, me.host) ?? true);
}

/** Whether the owner's thread has ended, where its process can be seen. */
function hasEnded({ pid, thread, threadStartedAt }: LockOwner): boolean {
  if (!Number.isSafeInteger(thread)) return false;
  try {
    const stat = readStat(`/proc/${pid}/task/${thread}/stat`);
    return isSame(threadStartedAt, stat.startedAt) === false;
  } catch (error) {
    const { code } = error as { code?: string };
    return code === "ENOENT" || code === "ESRCH";
  }
}

function thisThread(): Pick<LockOwner, "thread" | "threadStartedAt"> {
  return attempt(() => {
    if (!isOwnProc()) return {};
    const path = fs.readlinkSync("/proc/thread-self");
    return {
      thread: Number(path.slice(path.lastIndexOf("/") + 1)),
      threadStartedAt: readStat(`/proc/${path}/stat`).startedAt,
    };
  }) ?? {};
}

/** Of a process of this pid namespace, if it may be seen. */
function processStat(pid: number): ProcStat | undefined {
  return attempt(() => isOwnProc() ? readStat(`/proc/${pid}/stat`) : undefined);
}

/** `/proc` may have been mounted in, and show, another pid namespace. */
function isOwnProc(): boolean {
  return fs.readlinkSync("/proc/self") === String(process.pid);
}

interface ProcStat {
  state: string;
  startedAt: string;
}

/** Fields 3 and 22 of proc(5) stat; the name before them may hold spaces. */
function readStat(path: string): ProcStat {
  const stat = fs.readFileSync(path, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0], startedAt: fields[19] };
}

function isSame(
  a: string | undefined,
  b: string | undefined,
): boolean | undefined {
  return a === undefined || b === undefined ? undefined : a === b;
}

function attempt<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}

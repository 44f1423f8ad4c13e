import {
  closeSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statfsSync,
  statSync,
} from "node:fs";
import process from "node:process";
import { hostname } from "node:os";
import { LogLockedError } from "../storage.ts";
import { StorageError } from "../storage_error.ts";

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
    host: attempt(hostname),
    bootId: attempt(() =>
      readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()
    ),
    pidNamespace: attempt(() => readlinkSync("/proc/self/ns/pid")),
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
    const path = readlinkSync("/proc/thread-self");
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
  return readlinkSync("/proc/self") === String(process.pid);
}

interface ProcStat {
  state: string;
  startedAt: string;
}

/** Fields 3 and 22 of proc(5) stat; the name before them may hold spaces. */
function readStat(path: string): ProcStat {
  const stat = readFileSync(path, "utf8");
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
    const descriptor = openSync(path, "r");
    try {
      place = lockPlace(directory, descriptor);
      text = readFileSync(descriptor, "utf8");
    } finally {
      closeSync(descriptor);
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

/** A lock that the kernel frees with its process, if the runtime has one. */
export interface KernelLock {
  /** Takes it on the file, for as long as the process lives or until freed. */
  hold(path: string): HeldKernelLock;
  /** Whether a living process holds it on the file; `"unknown"`: cannot ask. */
  state(path: string): "held" | "free" | "unknown";
}

/** A kernel lock that this process has. */
export interface HeldKernelLock {
  /**
   * Device and inode of the file at `path`, where this is cheaper than
   * `node:fs`; `undefined` where it does not know. Throws as `node:fs` does.
   */
  stat(path: string): { dev: number; ino: number } | undefined;
  /** Lets others have it. */
  free(): void;
}

/**
 * Where a lock file is, as its owner wrote it into the file. Inode and device
 * numbers are decimal: a double does not hold all of them.
 */
export interface LockPlace {
  /** The directory's path. */
  directory: string;
  /** Inode of the directory. */
  directoryInode: string;
  /** Inode of the lock file; absent where mounts make up such numbers. */
  inode?: string;
  /** Device of both. */
  device: string;
}

/**
 * File systems whose inode numbers may be made up by each mount, and there by
 * each name: FUSE, SMB, and 9P.
 */
const MAKE_UP_INODES = new Set([
  0x65735546,
  0xff534d42,
  0xfe534d42,
  0x517b,
  0x01021997,
]);

/** Where the open file is that has, or is to have, a name in `directory`. */
export function lockPlace(directory: string, descriptor: number): LockPlace {
  const { dev, ino } = fstatSync(descriptor, { bigint: true });
  const above = statSync(directory, { bigint: true });
  return {
    directory,
    directoryInode: unsigned(above.ino),
    ...(!makesUpInodes(directory) && { inode: unsigned(ino) }),
    device: unsigned(dev),
  };
}

/**
 * Whether a lock file that was found at `found` is a copy of the one that its
 * owner made, which says `said`: a copy locks nothing.
 *
 * Device numbers mean something within one boot only. Made-up inode numbers do
 * so within one mount, for as long as the owner keeps its lock file open.
 */
export function isCopy(
  said: Partial<LockPlace>,
  found: LockPlace,
  isSameBoot: boolean | undefined,
): boolean {
  if (said.directoryInode === undefined) return false;
  const isSameDevice = said.device === found.device;
  const isMoved = said.directoryInode !== found.directoryInode;
  if (found.inode === undefined) {
    return isSameBoot === true && isSameDevice && isMoved;
  }
  if (isSameBoot === true && !isSameDevice) return true;
  return isMoved || said.inode !== undefined && said.inode !== found.inode;
}

/** What the system says unsigned, and some runtimes say signed. */
function unsigned(number: bigint): string {
  return `${BigInt.asUintN(64, number)}`;
}

/**
 * Whether inode numbers tell files apart only within one mount. Unknown counts
 * as no: so it is on any other file system.
 */
export function makesUpInodes(directory: string): boolean {
  try {
    return MAKE_UP_INODES.has(statfsSync(directory).type >>> 0);
  } catch {
    return false;
  }
}

/** The numbers of the lock files of `directory`, ascending. */
export function lockNumbers(directory: string): number[] {
  return readdirSync(directory)
    .filter((name) => /^\d{8,}\.lock$/.test(name))
    .map((name) => parseInt(name, 10))
    .sort((a, b) => a - b);
}

/** The path of a lock file. */
export function lockPath(directory: string, number: number): string {
  return `${directory}/${String(number).padStart(8, "0")}.lock`;
}

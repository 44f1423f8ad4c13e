import { LogLockedError } from "../storage.ts";
import { StorageError } from "../storage_error.ts";
import { fs, os, process } from "./builtins.ts";

/** What a lock file says about its owner. */
export interface LockOwner {
  pid: number;
  runtime: string;
  /** The host name; absent if the runtime does not permit asking for it. */
  host?: string;
  /** The system's boot, so that a reboot ends every lock; Linux only. */
  bootId?: string;
  /** The namespace in which `pid` identifies one process; Linux only. */
  pidNamespace?: string;
  /** When the process started, which exposes a reused pid; Linux only. */
  startedAt?: string;
  /** Id of the thread, which can end before its process; Linux only. */
  thread?: number;
  /** When the thread started; Linux only. */
  threadStartedAt?: string;
}

/** `"unknown"`: it is on another host, or asking is not permitted. */
export type OwnerState = "dead" | "alive" | "unknown";

/** Describes the calling thread and its process. */
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

/** Whether the owner is still running, as far as this process can tell. */
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
 * Whether both run on the same system, without a reboot in between; `undefined`
 * if that is unknown.
 */
export function isSameBoot(
  owner: LockOwner,
  me: LockOwner = thisProcess(),
): boolean | undefined {
  return isSame(owner.bootId, me.bootId);
}

/**
 * Whether the owner runs on another system, as far as this process can tell.
 * What this kernel says about locks then means nothing.
 */
function isElsewhere(owner: LockOwner): boolean {
  const me = thisProcess();
  return !(isSameBoot(owner, me) ?? isSame(owner.host, me.host) ?? true);
}

/** Whether the owner's thread has ended, if its process is visible. */
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

/** The stat of a process in this pid namespace, if it is visible. */
function processStat(pid: number): ProcStat | undefined {
  return attempt(() => isOwnProc() ? readStat(`/proc/${pid}/stat`) : undefined);
}

/** Whether `/proc` shows this pid namespace: it may be another's mount. */
function isOwnProc(): boolean {
  return fs.readlinkSync("/proc/self") === String(process.pid);
}

interface ProcStat {
  state: string;
  startedAt: string;
}

/** Reads fields 3 and 22; the name before them may contain spaces. */
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

/** The content of a lock file; only the owner's `pid` is certain. */
type LockContent = LockOwner & Partial<LockPlace>;

const TAKE_OVER = "open with takeOver: true (on the command line, --take-over)";

/** Throws unless the lock file is released, a copy, or a dead owner's. */
export function refuseIfOwned(
  directory: string,
  number: number,
  kernel?: KernelLock,
): void {
  const path = lockPath(directory, number);
  const found = readToOpen(directory, path);
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
 * Asks the kernel, which knows best, even across containers. Only owners on
 * Deno hold a kernel lock, and the kernel is asked only where a file has the
 * same number under each of its names.
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
      "was moved, that process can acknowledge nothing further; if it does " +
      `not close the log, ${TAKE_OVER}`;
  }
  if (owner.pid !== process.pid) return who;
  return owner.thread === undefined
    ? `this ${who}. If that was a worker thread that has ended, which this ` +
      `system does not show, ${TAKE_OVER}`
    : `this ${who}`;
}

function whyUnknown(owner: LockContent): string {
  const me = thisProcess();
  const who = `${owner.runtime} process ${owner.pid}`;
  if (owner.host !== undefined && owner.host !== me.host) {
    return `${who} on host "${owner.host}" has it open, and whether it still ` +
      `runs is unknown on ${me.host ? `host "${me.host}"` : "this host"}. ` +
      `Once that host or container is gone, ${TAKE_OVER}`;
  }
  return `${who} has it open, and this process is not permitted to check ` +
    "whether it is still running: Deno needs --allow-run to check a process " +
    `of another runtime. If it is gone, ${TAKE_OVER}`;
}

/** A lock file that is not empty: what it says and where it was found. */
export interface FoundLock {
  /** What it says; `undefined` if it does not say who made it. */
  readonly said?: LockContent;
  readonly place: LockPlace;
}

/**
 * Reads a lock file; `undefined` if it was released, or emptied by a crash.
 * Throws what `node:fs` throws.
 */
export function readLock(
  directory: string,
  path: string,
): FoundLock | undefined {
  const descriptor = fs.openSync(path, "r");
  try {
    const place = lockPlace(directory, descriptor);
    const text = fs.readFileSync(descriptor, "utf8");
    return /^\0*$/.test(text) ? undefined : { said: parse(text), place };
  } finally {
    fs.closeSync(descriptor);
  }
}

/** The same, but `undefined` if it is gone; says what to do if it cannot. */
function readToOpen(directory: string, path: string): FoundLock | undefined {
  try {
    return readLock(directory, path);
  } catch (error) {
    const { code = "" } = error as { code?: string };
    if (code === "ENOENT") return undefined;
    const { message } = StorageError.wrap("read the lock file", path, error);
    throw new StorageError(
      `${message}. It says who has the log open: open the log as the user ` +
        `who created that file or, if nobody has it open, ${TAKE_OVER}`,
      path,
      code,
      { cause: error },
    );
  }
}

function parse(text: string): LockContent | undefined {
  try {
    const said = JSON.parse(text);
    return Number.isSafeInteger(said?.pid) ? said : undefined;
  } catch {
    return undefined;
  }
}

/** A lock that the kernel frees when its process ends. */
export interface KernelLock {
  /** Takes it on the file, until it is freed or the process ends. */
  hold(path: string): HeldKernelLock;
  /** Whether a live process holds it; `"unknown"` if asking fails. */
  state(path: string): "held" | "free" | "unknown";
}

/** A kernel lock that this process holds. */
export interface HeldKernelLock {
  /**
   * Device and inode of the file at `path`, more cheaply than by `node:fs`;
   * `undefined` if unknown. Throws like `node:fs`.
   */
  stat(path: string): { dev: number; ino: number } | undefined;
  /** Frees the lock. */
  free(): void;
}

/**
 * Where a lock file is, as its owner wrote into it. Inode and device numbers
 * are decimal strings: a double cannot hold all of them.
 */
export interface LockPlace {
  /** The directory's path. */
  directory: string;
  /** Inode of the directory. */
  directoryInode: string;
  /** Inode of the lock file; absent where mounts make up inode numbers. */
  inode?: string;
  /** Device of both. */
  device: string;
}

/**
 * File systems where each mount may make up inode numbers, even one for each
 * name: FUSE, SMB, and 9P.
 */
const MAKE_UP_INODES = new Set([
  0x65735546,
  0xff534d42,
  0xfe534d42,
  0x517b,
  0x01021997,
]);

/** Where an open file is that has, or will have, a name in `directory`. */
export function lockPlace(directory: string, descriptor: number): LockPlace {
  const { dev, ino } = fs.fstatSync(descriptor, { bigint: true });
  const above = fs.statSync(directory, { bigint: true });
  return {
    directory,
    directoryInode: unsigned(above.ino),
    ...(!makesUpInodes(directory) && { inode: unsigned(ino) }),
    device: unsigned(dev),
  };
}

/**
 * Whether a lock file is a copy, which locks nothing: its content says `said`,
 * but it is at `found`.
 *
 * Device numbers are meaningful within one boot only. Made-up inode numbers are
 * meaningful within one mount, as long as the owner keeps its lock file open.
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

/** The system's numbers are unsigned; some runtimes return them signed. */
function unsigned(number: bigint): string {
  return `${BigInt.asUintN(64, number)}`;
}

/**
 * Whether inode numbers distinguish files only within one mount. If that is
 * unknown, the answer is no, as for any other file system.
 */
function makesUpInodes(directory: string): boolean {
  try {
    return MAKE_UP_INODES.has(fs.statfsSync(directory).type >>> 0);
  } catch {
    return false;
  }
}

/** The numbers of the lock files in `directory`, ascending. */
export function lockNumbers(directory: string): number[] {
  return fs.readdirSync(directory)
    .filter((name) => /^\d{8,}\.lock$/.test(name))
    .map((name) => parseInt(name, 10))
    .sort((a, b) => a - b);
}

/** The path of a lock file. */
export function lockPath(directory: string, number: number): string {
  return `${directory}/${String(number).padStart(8, "0")}.lock`;
}

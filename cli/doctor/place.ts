import { readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { LockState } from "../examine/lock_state.ts";
import { formatDuration } from "../io/format.ts";

/** What is known about where a directory is. */
export interface DirectoryInfo {
  /** Its absolute path, with links resolved. */
  readonly path: string;
  /** Its mount; absent if unknown, as on anything but Linux. */
  readonly mount?: Mount;
  /**
   * What the device says about its write cache: `"write back"`, which a sync has
   * to flush, or `"write through"`, which holds nothing to flush.
   */
  readonly writeCache?: string;
}

/** Finds out where `directory` is; leaves out what cannot be read. */
export function readDirectoryInfo(directory: string): DirectoryInfo {
  const path = realpathSync(directory);
  const text = tryRead("/proc/self/mountinfo");
  const mount = text === undefined ? undefined : findMount(text, path);
  if (mount === undefined) return { path };
  const writeCache = readWriteCache(mount.device);
  return { path, mount, ...(writeCache !== undefined && { writeCache }) };
}

/** A partition has no queue, but its disk, one level up, has one. */
function readWriteCache(device: string): string | undefined {
  try {
    const block = realpathSync(`/sys/dev/block/${device}`);
    return tryRead(join(block, "queue/write_cache")) ??
      tryRead(join(block, "../queue/write_cache"));
  } catch {
    return undefined;
  }
}

function tryRead(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}

/** A mounted file system. */
export interface Mount {
  /** The file system's type, such as `"ext4"`. */
  readonly type: string;
  /** Its device or server, such as `"/dev/sda1"` or `"server:/export"`. */
  readonly source: string;
  /** Where it is mounted. */
  readonly at: string;
  /** The device's numbers, such as `"8:1"`. */
  readonly device: string;
  /** Options of the mount and of the file system. */
  readonly options: readonly string[];
}

/**
 * Finds the mount that holds `path`, absolute and with links resolved, in the
 * text of Linux's `/proc/self/mountinfo`: the deepest one, and the last of
 * several at one place. See proc_pid_mountinfo(5).
 */
export function findMount(text: string, path: string): Mount | undefined {
  let found: Mount | undefined;
  for (const line of text.split("\n")) {
    const mount = parseMount(line);
    if (mount === undefined || !isBelow(path, mount.at)) continue;
    if (found === undefined || mount.at.length >= found.at.length) {
      found = mount;
    }
  }
  return found;
}

/** A varying number of fields precede the hyphen. */
function parseMount(line: string): Mount | undefined {
  const [before, after] = line.split(" - ");
  if (after === undefined) return undefined;
  const [, , device, , at, options] = before.split(" ");
  const [type, source, superOptions = ""] = after.split(" ");
  return {
    type,
    source: unescape(source),
    at: unescape(at),
    device,
    options: [...options.split(","), ...superOptions.split(",")],
  };
}

/** Spaces and the like are written as `\040`. */
function unescape(text: string): string {
  return text.replaceAll(
    /\\([0-7]{3})/g,
    (_, digits) => String.fromCharCode(parseInt(digits, 8)),
  );
}

function isBelow(path: string, at: string): boolean {
  return path === at || path.startsWith(at.endsWith("/") ? at : `${at}/`);
}

/** What {@linkcode judgePlace} judges by. */
interface Evidence {
  readonly place: DirectoryInfo;
  /** The storage's own warning, which counts if the mount is unknown. */
  readonly storageWarning?: string;
  /** Who may write to a log there. */
  readonly lock: LockState;
  /** Median time, in ms, to write a page to a zero-filled file and sync it. */
  readonly syncMs: number;
  /** The same in the first half of the time, and in the second. */
  readonly halvesMs: readonly [number, number];
}

/** No device with power-loss protection answers faster, not even Optane. */
const NO_SYNC_MS = 0.005;

/** Flash takes longer: only a cache answers that fast. */
const CACHED_MS = 0.02;

/** Medians that differ by this factor are not from one distribution. */
const DRIFT = 1.5;

/** Warnings about a place; none if it suits a log. Pure. */
export function judgePlace(evidence: Evidence): string[] {
  const { place, storageWarning, lock, halvesMs } = evidence;
  const warnings = [...judgeMount(place), ...judgeSpeed(evidence)];
  if (place.mount === undefined && storageWarning !== undefined) {
    warnings.unshift(storageWarning);
  }
  if (lock.state === "alive" || lock.state === "unknown") {
    warnings.push(
      `process ${lock.pid} has the log in this directory open: its writes ` +
        "affect the figures",
    );
  }
  if (lock.state === "unreadable") {
    warnings.push(
      `cannot tell whether a log in this directory is open: ${lock.reason}`,
    );
  }
  const [first, second] = halvesMs;
  if (Math.max(first, second) > DRIFT * Math.min(first, second)) {
    warnings.push(
      `the median went from ${formatDuration(first)} in the first half to ` +
        `${formatDuration(second)} in the second: something else uses this ` +
        "disk, or it throttles; measure for longer, such as --seconds 60",
    );
  }
  return warnings;
}

function judgeMount({ mount }: DirectoryInfo): string[] {
  if (mount === undefined) return [];
  const { type, source, options } = mount;
  if (MEMORY.test(type)) {
    return [`this is ${type}: nothing here survives power loss`];
  }
  const warnings: string[] = [];
  if (NETWORK.test(type)) {
    warnings.push(
      `this is ${type} ("${source}"), which may be on a network: what a sync ` +
        "guarantees is up to the server, and the lock of an owner on another " +
        "host is never considered abandoned",
    );
  }
  if (type === "overlay") {
    warnings.push(
      "this is overlay, a container's writable layer, which is deleted with " +
        "the container; mount a volume for the log",
    );
  }
  const careless = options.find((option) => NO_BARRIER.test(option));
  if (careless !== undefined) {
    warnings.push(
      `it is mounted with "${careless}": a sync gets no further than the ` +
        "device's cache, so power loss may destroy acknowledged records",
    );
  }
  return warnings;
}

/** Syncs faster than any file system on a real disk. */
function judgeSpeed({ place, syncMs }: Evidence): string[] {
  if (place.mount !== undefined && MEMORY.test(place.mount.type)) return [];
  const shown = formatDuration(syncMs);
  if (syncMs < NO_SYNC_MS) {
    return [
      `a sync takes ${shown}, and no device is that fast, so it does not ` +
      "reach one (a disk in memory, libeatmydata, a virtual machine that " +
      "ignores flushes): power loss may destroy acknowledged records",
    ];
  }
  if (syncMs < CACHED_MS) {
    return [
      `a sync takes ${shown}, so a cache answers: acknowledged records ` +
      "survive power loss only if that cache has its own power supply",
    ];
  }
  return [];
}

const MEMORY = /^(tmpfs|ramfs|devtmpfs)$/;

const NETWORK =
  /^(nfs|cifs$|smb|9p$|fuse\.|fuse$|virtiofs$|ceph$|glusterfs$|lustre$|afs$|ncpfs$|ocfs2$|gfs2?$|vboxsf$|prl_fs$|drvfs$)/;

const NO_BARRIER = /^(nobarrier|barrier=0|nobarriers)$/;

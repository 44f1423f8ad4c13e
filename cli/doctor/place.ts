import { readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { formatDuration } from "../io/format.ts";
import type { LockState } from "../examine/lock_state.ts";

/** What is known of where a directory is. */
export interface Place {
  /** Its absolute path, free of links. */
  readonly path: string;
  /** Where that is mounted; absent where nobody says, as outside of Linux. */
  readonly mount?: Mount;
  /**
   * What the device says of its write cache: `"write back"`, so a sync has to
   * flush it, or `"write through"`, so there is none, or none to worry about.
   */
  readonly writeCache?: string;
}

/** Looks at where `directory` is; what cannot be read is left out. */
export function readPlace(directory: string): Place {
  const path = realpathSync(directory);
  const text = tryRead("/proc/self/mountinfo");
  const mount = text === undefined ? undefined : findMount(text, path);
  if (mount === undefined) return { path };
  const writeCache = readWriteCache(mount.device);
  return { path, mount, ...(writeCache !== undefined && { writeCache }) };
}

/** A partition has no queue of its own: its disk does, which is above it. */
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

/** Where a directory is mounted. */
export interface Mount {
  /** The file system's type, such as `"ext4"`. */
  readonly type: string;
  /** What is mounted, such as `"/dev/sda1"` or `"server:/export"`. */
  readonly source: string;
  /** Where. */
  readonly at: string;
  /** The device's numbers, such as `"8:1"`. */
  readonly device: string;
  /** Options of the mount and of the file system. */
  readonly options: readonly string[];
}

/**
 * Finds the mount that holds the absolute path `path`, free of links, in the
 * text of Linux' `/proc/self/mountinfo`: the deepest, and of several at one
 * place the last. See proc_pid_mountinfo(5).
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

/** A number of optional fields precede the hyphen. */
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

/** Spaces and the like are there as `\040`. */
function unescape(text: string): string {
  return text.replaceAll(
    /\\([0-7]{3})/g,
    (_, digits) => String.fromCharCode(parseInt(digits, 8)),
  );
}

function isBelow(path: string, at: string): boolean {
  return path === at || path.startsWith(at.endsWith("/") ? at : `${at}/`);
}

/** What a warning may come from. */
export interface Evidence {
  readonly place: Place;
  /** What the storage itself warns of, which counts where no mount is known. */
  readonly storageWarning?: string;
  /** Who may write to the log that is there, if there is one. */
  readonly lock: LockState;
  /** Median cost, in ms, of a page written to a zeroed file and synced. */
  readonly syncMs: number;
  /** The same in the first half of the time, and in the second. */
  readonly halvesMs: readonly [number, number];
}

/** No device with power-loss protection answers faster, not even Optane. */
const NO_SYNC_MS = 0.005;

/** Flash takes longer: what answers so fast is a cache. */
const CACHED_MS = 0.02;

/** Halves that differ by this factor are not one distribution. */
const DRIFT = 1.5;

/** What to mind about a place; empty if there is nothing. Pure. */
export function judgePlace(evidence: Evidence): string[] {
  const { place, storageWarning, lock, halvesMs } = evidence;
  const warnings = [...judgeMount(place), ...judgeSpeed(evidence)];
  if (place.mount === undefined && storageWarning !== undefined) {
    warnings.unshift(storageWarning);
  }
  if (lock.state === "alive" || lock.state === "unknown") {
    warnings.push(
      `process ${lock.pid} has the log in this directory open: its own ` +
        "writes are part of the figures",
    );
  }
  if (lock.state === "unreadable") {
    warnings.push(
      `it is not known whether a log in this directory is open: ${lock.reason}`,
    );
  }
  const [first, second] = halvesMs;
  if (Math.max(first, second) > DRIFT * Math.min(first, second)) {
    warnings.push(
      `the median went from ${formatDuration(first)} in the first half to ` +
        `${formatDuration(second)} in the second: something else uses this ` +
        "disk, or it throttles; measure for longer, with --seconds 60",
    );
  }
  return warnings;
}

function judgeMount({ mount }: Place): string[] {
  if (mount === undefined) return [];
  const { type, source, options } = mount;
  if (MEMORY.test(type)) {
    return [`this is ${type}: nothing here survives power loss`];
  }
  const warnings: string[] = [];
  if (NETWORK.test(type)) {
    warnings.push(
      `this is ${type} ("${source}"), which may be on a network: what a sync ` +
        "promises is up to the other side, and an owner's lock on another " +
        "host is never taken for dead",
    );
  }
  if (type === "overlay") {
    warnings.push(
      "this is overlay, a container's own layer, which is deleted with the " +
        "container; mount a volume for the log",
    );
  }
  const careless = options.find((option) => NO_BARRIER.test(option));
  if (careless !== undefined) {
    warnings.push(
      `it is mounted with "${careless}": a sync does not reach beyond the ` +
        "device's cache, so power loss may take what was acknowledged",
    );
  }
  return warnings;
}

/** What no file system or device could do on a real disk. */
function judgeSpeed({ place, syncMs }: Evidence): string[] {
  if (place.mount !== undefined && MEMORY.test(place.mount.type)) return [];
  const shown = formatDuration(syncMs);
  if (syncMs < NO_SYNC_MS) {
    return [
      `a sync takes ${shown}, and no device is that fast: it does not reach ` +
      "one (a disk in memory, libeatmydata, a virtual machine that ignores " +
      "flushes), so power loss may take what was acknowledged",
    ];
  }
  if (syncMs < CACHED_MS) {
    return [
      `a sync takes ${shown}, so a cache answers: power loss spares what was ` +
      "acknowledged only if that cache has a power supply of its own",
    ];
  }
  return [];
}

const MEMORY = /^(tmpfs|ramfs|devtmpfs)$/;

const NETWORK =
  /^(nfs|cifs$|smb|9p$|fuse\.|fuse$|virtiofs$|ceph$|glusterfs$|lustre$|afs$|ncpfs$|ocfs2$|gfs2?$|vboxsf$|prl_fs$|drvfs$)/;

const NO_BARRIER = /^(nobarrier|barrier=0|nobarriers)$/;

import { formatDuration } from "../format_duration.ts";
import type { LockState } from "../read_lock_state.ts";
import type { Place } from "./read_place.ts";

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

import { fs } from "./_builtins.ts";

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
    return MAKE_UP_INODES.has(fs.statfsSync(directory).type >>> 0);
  } catch {
    return false;
  }
}

/** The numbers of the lock files of `directory`, ascending. */
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

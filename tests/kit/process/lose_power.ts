import type { TracedDisk } from "./traced_disk.ts";

const SECTOR = 512;

/**
 * What a power loss at this moment may leave of a directory: the files by name.
 * What is synced stays. Of the rest each file keeps nothing, all, a beginning,
 * or all but a sector; entries that are not synced are all there, or none.
 */
export function losePower(
  disk: TracedDisk,
  directory: string,
  next: () => number,
): Map<string, Uint8Array> {
  const left = new Map<string, Uint8Array>();
  if (disk.names.has(directory) && !disk.durableNames.has(directory)) {
    return left;
  }
  const names = next() % 2 === 0 ? disk.durableNames : disk.names;
  for (const [path, { bytes, durable }] of names) {
    if (!path.startsWith(`${directory}/`)) continue;
    const name = path.slice(directory.length + 1);
    left.set(name, tear(bytes, durable.length, next));
  }
  return left;
}

function tear(
  bytes: Uint8Array,
  synced: number,
  next: () => number,
): Uint8Array {
  const unsynced = bytes.length - synced;
  if (unsynced === 0) return bytes.slice();
  const at = synced + next() % unsynced;
  switch (next() % 4) {
    case 0:
      return bytes.slice(0, synced);
    case 1:
      return bytes.slice(0, at);
    case 2:
      return bytes.slice();
    default:
      return bytes.slice().fill(0, at, at + SECTOR);
  }
}

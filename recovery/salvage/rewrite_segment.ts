import {
  encodeHole,
  formatOriginalName,
  KIND,
  makeFrame,
} from "../../storage/format/mod.ts";
import {
  createSegment,
  readFully,
  removeFiles,
  requireHeld,
} from "../../storage/segments/mod.ts";
import {
  type Storage,
  type StorageFile,
  type StorageLock,
  writeAll,
} from "../../storage/storage.ts";
import type { Piece, SegmentPlan } from "./plan_segment.ts";

const STEP_BYTES = 1024 * 1024;

/**
 * Writes a segment as planned: a new one, or the next revision of a damaged
 * one. The damaged segment no longer counts, and stays as it is.
 */
export async function rewriteSegment(
  storage: Storage,
  lock: StorageLock,
  { segment, salt, previous, time, pieces, replaces }: SegmentPlan,
  log: string,
): Promise<void> {
  const source = replaces
    ? await storage.open(segment.name, "read")
    : undefined;
  try {
    const { file } = await createSegment(storage, lock, {
      log,
      firstLsn: segment.firstLsn,
      epoch: segment.epoch,
      ...(replaces && { revision: (segment.revision ?? 0) + 1 }),
      previous,
      ...(salt !== undefined && { salt }),
      async fill(file, offset, salt) {
        // A new frame has the time of the one before: time never decreases.
        let last = time;
        for (const piece of pieces) {
          if (piece.kind === "run") last = piece.run.time;
          offset += piece.kind === "run"
            ? await copyRun(file, offset, piece, source)
            : await writePiece(file, offset, piece, salt, last);
        }
        return offset;
      },
    });
    await file.close();
  } finally {
    await source?.close();
  }
}

/** Returns how many bytes it wrote. */
async function copyRun(
  target: StorageFile,
  offset: number,
  { run }: Extract<Piece, { kind: "run" }>,
  source: StorageFile | undefined,
): Promise<number> {
  const size = run.end - run.offset;
  for (let at = 0; source !== undefined && at < size; at += STEP_BYTES) {
    const length = Math.min(STEP_BYTES, size - at);
    const bytes = await readFully(source, run.offset + at, length);
    await writeAll(target, bytes, offset + at);
  }
  return size;
}

/** Returns how many bytes it wrote. */
async function writePiece(
  file: StorageFile,
  offset: number,
  piece: Exclude<Piece, { kind: "run" }>,
  salt: number,
  time: number,
): Promise<number> {
  const { firstLsn, previous, kind } = piece;
  const hole = kind === "hole" ? piece.hole : undefined;
  const payload = hole === undefined ? new Uint8Array() : encodeHole(hole);
  const { bytes } = makeFrame(payload, {
    salt,
    previous,
    firstLsn,
    // Holds as soon as anyone can read it: the segment is synced before.
    syncedLsn: firstLsn + (hole?.lost ?? 0) - 1,
    count: 0,
    time,
    kind: KIND[kind],
  });
  await writeAll(file, bytes, offset);
  return bytes.length;
}

/**
 * Renames a file that is no longer part of the log to the name under which its
 * bytes are kept. Resolves with that name once it is durable.
 */
export async function keepOriginal(
  storage: Storage,
  lock: StorageLock,
  file: string,
  originals: readonly string[],
): Promise<string> {
  const name = await linkOriginal(storage, lock, file, originals);
  // Another owner may be reading it by now.
  await requireHeld(storage.location, lock);
  await removeFiles(storage, [{ name: file }]);
  return name;
}

/**
 * Keeps a file's bytes under a second name, and resolves with that name once it
 * is durable. From then on the first name may be removed.
 */
export async function linkOriginal(
  storage: Storage,
  lock: StorageLock,
  file: string,
  originals: readonly string[],
): Promise<string> {
  const name = await findOriginalName(storage, file, originals);
  await requireHeld(storage.location, lock);
  if (!originals.includes(name)) await storage.link(file, name);
  await storage.syncDirectory();
  return name;
}

/**
 * The name under which to keep a file's bytes. Files already kept stay: one
 * with the same bytes, from an interrupted repair, will do; a different one is
 * separate evidence.
 */
export async function findOriginalName(
  storage: Storage,
  file: string,
  originals: readonly string[],
): Promise<string> {
  let number = 1;
  let name = formatOriginalName(file, number);
  while (originals.includes(name) && !await isCopy(storage, file, name)) {
    name = formatOriginalName(file, ++number);
  }
  return name;
}

async function isCopy(
  storage: Storage,
  source: string,
  name: string,
): Promise<boolean> {
  const [file, kept] = [
    await storage.open(source, "read"),
    await storage.open(name, "read"),
  ];
  try {
    const size = await file.size();
    if (await kept.size() !== size) return false;
    for (let at = 0; at < size; at += STEP_BYTES) {
      const bytes = await readFully(file, at, STEP_BYTES);
      const copy = await readFully(kept, at, STEP_BYTES);
      if (!bytes.every((byte, index) => byte === copy[index])) return false;
    }
    return true;
  } finally {
    await file.close();
    await kept.close();
  }
}

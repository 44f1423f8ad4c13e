import { CorruptLogError } from "../corrupt_log_error.ts";
import { FormatVersionError } from "../format/envelope.ts";
import {
  formatManifestName,
  formatSegmentName,
  type SegmentName,
} from "../format/file_names.ts";
import {
  decodeManifest,
  encodeManifest,
  type Manifest,
  MAX_MANIFEST_BYTES,
} from "../format/manifest.ts";
import {
  encodeSegmentHeader,
  SEGMENT_HEADER_BYTES,
} from "../format/segment_header.ts";
import { FencedError } from "../frame_log.ts";
import {
  type MaybePromise,
  requireDone,
  type Storage,
  type StorageFile,
  type StorageLock,
  writeAll,
} from "../storage.ts";
import { explainFull, isMissing } from "../storage_error.ts";
import { OPEN_BYTES, Pace, REMOVE_BYTES } from "../turns.ts";
import { readFully } from "./segment_reader.ts";

/**
 * Writes the initial frames of a segment at `offset`, and resolves with where
 * they end.
 */
export type Fill = (
  file: StorageFile,
  offset: number,
  salt: number,
) => Promise<number>;

/** A segment to be created. */
export interface NewSegment {
  /** The log's id. */
  log: string;
  /** LSN of its first record. */
  firstLsn: number;
  /** Number of the opening that creates it. */
  epoch: number;
  /** Number of repairs; absent if it was never repaired. */
  revision?: number;
  /** Checksum of the frame before it. */
  previous: number;
  /** Salt of its frames; random by default. */
  salt?: number;
  /** A dropped segment that becomes this one. */
  reused?: string;
  /** Writes its initial frames; by default there are none. */
  fill?: Fill;
}

/** A segment that can be appended to. */
export interface CreatedSegment extends SegmentName {
  /** The open file. */
  file: StorageFile;
  /** The salt of its frames. */
  salt: number;
  /** Offset of its next frame. */
  offset: number;
}

/**
 * Creates a segment. Under its final name it always has a whole, synced header
 * and content: it is written under another name, synced, and linked. It never
 * replaces a segment: if another owner has taken the name, it fails.
 *
 * Rejects with `StorageFullError` if no space is left; no file remains then.
 */
export async function createSegment(
  storage: Storage,
  lock: StorageLock,
  segment: NewSegment,
): Promise<CreatedSegment> {
  try {
    return await create(storage, lock, segment);
  } catch (error) {
    throw await explainLost(storage.location, lock, error);
  }
}

async function create(
  storage: Storage,
  lock: StorageLock,
  segment: NewSegment,
): Promise<CreatedSegment> {
  const { firstLsn, epoch, revision, reused } = segment;
  const name = formatSegmentName(firstLsn, epoch, revision);
  const temporary = reused ?? `${name}.tmp`;
  const salt = segment.salt ?? randomNumber(storage);
  let offset: number;
  try {
    offset = await write(storage, temporary, salt, segment);
    await requireHeld(storage.location, lock);
    await storage.link(temporary, name);
  } catch (error) {
    await removeQuietly(storage, temporary);
    throw explainFull(error);
  }
  // Only now may the other name go: a crash must not lose both.
  await storage.syncDirectory();
  await removeQuietly(storage, temporary);
  const file = await storage.open(name, "write");
  return {
    name,
    firstLsn,
    epoch,
    ...(revision !== undefined && { revision }),
    file,
    salt,
    offset,
  };
}

/**
 * The same on a storage whose calls block, without frames and from no other
 * segment; the lock is held.
 */
export function createSegmentNow(
  storage: Storage,
  { log, firstLsn, epoch, previous }: NewSegment,
): CreatedSegment {
  const name = formatSegmentName(firstLsn, epoch);
  const temporary = `${name}.tmp`;
  const salt = randomNumber(storage);
  const offset = SEGMENT_HEADER_BYTES;
  const header = encodeSegmentHeader({ log, firstLsn, epoch, salt, previous });
  try {
    const file = requireDone(storage.open(temporary, "create"));
    requireDone(writeAll(file, header, 0));
    file.datasyncSync!();
    requireDone(file.close());
    requireDone(storage.link(temporary, name));
  } catch (error) {
    ignoreFailure(() => storage.remove(temporary));
    throw explainFull(error);
  }
  const sync = storage.syncDirectorySync ?? storage.syncDirectory;
  requireDone(sync.call(storage));
  ignoreFailure(() => storage.remove(temporary));
  const file = requireDone(storage.open(name, "write"));
  return { name, firstLsn, epoch, file, salt, offset };
}

/** Tries what the next opening would do as well. */
function ignoreFailure(act: () => MaybePromise<void>): void {
  try {
    requireDone(act());
  } catch {
    // It was not even created, or cannot be removed now.
  }
}

/** Returns a random 32-bit number, from the storage if it provides one. */
export function randomNumber(storage: Storage): number {
  return storage.salt?.() ?? crypto.getRandomValues(new Uint32Array(1))[0];
}

/** Writes and syncs header and content; resolves with where they end. */
async function write(
  storage: Storage,
  temporary: string,
  salt: number,
  { log, firstLsn, epoch, previous, reused, fill }: NewSegment,
): Promise<number> {
  const file = await storage.open(temporary, reused ? "write" : "create");
  try {
    const header = { log, firstLsn, epoch, salt, previous };
    await writeAll(file, encodeSegmentHeader(header), 0);
    const offset = await fill?.(file, SEGMENT_HEADER_BYTES, salt) ??
      SEGMENT_HEADER_BYTES;
    await file.datasync();
    return offset;
  } finally {
    await file.close();
  }
}

/** The size of a file in bytes. */
export async function sizeOf(storage: Storage, name: string): Promise<number> {
  const file = await storage.open(name, "read");
  try {
    return await file.size();
  } finally {
    await file.close();
  }
}

/** The sizes of files in bytes, by name. */
export async function sizesOf(
  storage: Storage,
  files: readonly { name: string }[],
  pace: Pace,
): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const { name } of files) {
    sizes.set(name, await sizeOf(storage, name));
    await pace.spend(OPEN_BYTES);
  }
  return sizes;
}

/** Removes a file; it may already be gone. */
export async function removeIfThere(
  storage: Storage,
  name: string,
): Promise<void> {
  try {
    await storage.remove(name);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Removes a file if possible; otherwise the next opening removes it. */
export async function removeQuietly(
  storage: Storage,
  name: string,
): Promise<void> {
  try {
    await storage.remove(name);
  } catch {
    // It was not even created, or cannot be removed now.
  }
}

/** Rejects with {@linkcode FencedError} unless the lock is still held. */
export async function requireHeld(
  location: string,
  lock: StorageLock,
): Promise<void> {
  if (await lock.held()) return;
  throw new FencedError(location, lock.epoch, lock.whyLost?.());
}

/**
 * What to throw for a failure: {@linkcode FencedError} if the lock is lost,
 * because a taker removes what an owner had not finished; otherwise `error`.
 */
export async function explainLost(
  location: string,
  lock: StorageLock,
  error: unknown,
): Promise<unknown> {
  if (error instanceof FencedError) return error;
  const lost = await requireHeld(location, lock).catch((lost) => lost);
  if (!(lost instanceof FencedError)) return error;
  lost.cause = error;
  return lost;
}

/**
 * Removes files, in order, and makes that durable. Files that are already gone
 * were removed by another recovery.
 */
export async function removeFiles(
  storage: Storage,
  files: readonly { name: string }[],
  pace = new Pace(),
): Promise<void> {
  if (files.length === 0) return;
  for (const { name } of files) {
    await removeIfThere(storage, name);
    await pace.spend(REMOVE_BYTES);
  }
  await storage.syncDirectory();
}

/**
 * Replaces the manifest of its epoch; once it resolves, the new one is durable.
 * A crash leaves the old one or the new one. A failure leaves no temporary
 * file.
 *
 * Only the owner of an epoch writes its manifest, so a displaced owner never
 * touches its successor's.
 */
export async function writeManifest(
  storage: Storage,
  manifest: Manifest,
): Promise<void> {
  const name = formatManifestName(manifest.epoch);
  const temporary = `${name}.tmp`;
  try {
    const file = await storage.open(temporary, "create");
    try {
      await writeAll(file, encodeManifest(manifest), 0);
      await file.datasync();
    } finally {
      await file.close();
    }
    await storage.rename(temporary, name);
  } catch (error) {
    await removeQuietly(storage, temporary);
    throw error;
  }
  await storage.syncDirectory();
}

/** Reads the manifest of `epoch`, which must exist. */
export async function readManifest(
  storage: Storage,
  epoch: number,
): Promise<Manifest> {
  const name = formatManifestName(epoch);
  const path = `${storage.location}/${name}`;
  const file = await storage.open(name, "read");
  try {
    const found = decodeManifest(await readFully(file, 0, MAX_MANIFEST_BYTES));
    if (!("fault" in found) && found.epoch === epoch) return found;
    if (!("fault" in found)) {
      const reason = `manifest: expected epoch ${epoch}, found ${found.epoch}`;
      throw new CorruptLogError(path, 0, reason);
    }
    if (found.fault === "version") {
      throw new FormatVersionError(path, found.found, found.expected);
    }
    const { fault, expected } = found;
    const reason = `manifest ${fault}: expected ${expected}, found ` +
      found.found;
    throw new CorruptLogError(path, 0, reason);
  } finally {
    await file.close();
  }
}

import { CorruptLogError } from "../storage/corrupt_log_error.ts";
import { SegmentLog, type SegmentLogOptions } from "../storage/segment_log.ts";
import { SegmentReader } from "../storage/segment_reader.ts";
import type { Storage, StorageLock } from "../storage/storage.ts";
import { decideTail, type RecoveryMode } from "./decide_tail.ts";
import { scanSegment } from "./scan_tail.ts";
import { survey } from "./survey.ts";

/** Options of {@linkcode openSegments}. */
export interface OpenSegmentsOptions extends SegmentLogOptions {
  /** How the end of the last segment is treated. */
  recovery: RecoveryMode;
  /** Whether to take the lock from an owner that lives. */
  takeOver: boolean;
}

/**
 * Opens a log in segment files for writing: lock, sync, scan, decide.
 *
 * No byte of a segment is changed. A torn tail is cut by what comes after it:
 * the next segment begins at the LSN where this one's records end and names
 * the checksum of its last frame, so whatever lies behind is no part of the
 * log, and stays as evidence.
 */
export async function openSegments(
  storage: Storage,
  options: OpenSegmentsOptions,
): Promise<SegmentLog> {
  await storage.prepare();
  await refuseUnreadable(storage);
  const lock = await storage.lock({ takeOver: options.takeOver });
  try {
    return await recover(storage, lock, options);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Before the lock, so that a directory that is refused stays untouched. */
async function refuseUnreadable(storage: Storage): Promise<void> {
  const last = (await survey(storage)).segments.at(-1);
  if (last === undefined) return;
  const reader = await SegmentReader.open(storage, last.name);
  await reader.close();
}

async function recover(
  storage: Storage,
  lock: StorageLock,
  options: OpenSegmentsOptions,
): Promise<SegmentLog> {
  const { segments, unfinished } = await survey(storage);
  for (const name of unfinished) await storage.remove(name);
  await storage.syncDirectory();
  const last = segments.at(-1);
  const end = last === undefined
    ? { lastLsn: 0, checksum: 0 }
    : await recoverEnd(storage, last.name, options.recovery);
  const epoch = Math.max(lock.epoch, (last?.epoch ?? 0) + 1);
  const { lastLsn, checksum } = end;
  const state = { segments, lastLsn, checksum, epoch };
  return new SegmentLog(storage, lock, state, options);
}

/** Syncs before it reads: what is believed must not vanish in a next crash. */
async function recoverEnd(
  storage: Storage,
  name: string,
  mode: RecoveryMode,
): Promise<{ lastLsn: number; checksum: number }> {
  const reader = await SegmentReader.open(storage, name);
  try {
    await reader.file.datasync();
    const scan = await scanSegment(reader);
    if (decideTail(scan, mode) !== "refuse") return scan;
    const { fault, offset, expected, found } = scan.stop;
    const why = scan.witness
      ? "a later frame says that it was synced, so no crash explains this"
      : "a crash may have torn it, which strict recovery does not accept";
    throw new CorruptLogError(
      reader.path,
      offset,
      `record ${scan.lastLsn + 1} is damaged (${fault}: expected ` +
        `${expected}, found ${found}); ${why}`,
    );
  } finally {
    await reader.close();
  }
}

import { CorruptLogError } from "../storage/corrupt_log_error.ts";
import { SegmentLog, type SegmentLogState } from "../storage/segment_log.ts";
import type { SegmentName } from "../storage/format/segment_name.ts";
import { SegmentCursor } from "../storage/segment_cursor.ts";
import { describeFault } from "../storage/segment_damage.ts";
import { SegmentReader } from "../storage/segment_reader.ts";
import type { Storage, StorageLock } from "../storage/storage.ts";
import { decideTail, type RecoveryMode } from "./decide_tail.ts";
import { copyUnsynced } from "./copy_unsynced.ts";
import { describeDamage } from "./describe_damage.ts";
import { removeUnfinished } from "./remove_unfinished.ts";
import { salvageLog } from "./salvage_log.ts";
import { scanSegment, type SegmentScan } from "./scan_tail.ts";
import { openingEpoch } from "./opening_epoch.ts";
import { survey } from "./survey.ts";

/** Options of {@linkcode openSegments}. */
export interface OpenSegmentsOptions {
  /** Size beyond which a segment is not grown, in bytes. */
  segmentBytes: number;
  /** How damage, and the end of the last segment, are treated. */
  recovery: RecoveryMode;
  /** Hears of each damage that was salvaged. */
  warn: (message: string) => void;
  /** Whether to take the lock from an owner that lives. */
  takeOver: boolean;
}

/**
 * Opens a log in segment files for writing: lock, scan, decide, make
 * durable.
 *
 * No byte of a segment is changed, but of damaged ones in mode `salvage`. A
 * torn tail is cut by what comes after it: the next segment begins at the LSN
 * where this one's records end and names the checksum of its last frame, so
 * whatever lies behind is no part of the log, and stays as evidence.
 */
export async function openSegments(
  storage: Storage,
  options: OpenSegmentsOptions,
): Promise<SegmentLog> {
  await storage.prepare();
  await refuseUnreadable(storage, options.recovery);
  const lock = await storage.lock({ takeOver: options.takeOver });
  try {
    return await recover(storage, lock, options);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Before the lock, so that a directory that is refused stays untouched. */
async function refuseUnreadable(
  storage: Storage,
  mode: RecoveryMode,
): Promise<void> {
  const { segments } = await survey(storage);
  const isSalvage = mode === "salvage";
  for (const { name } of isSalvage ? segments : segments.slice(-1)) {
    const reader = isSalvage
      ? await SegmentReader.openDamaged(storage, name)
      : await SegmentReader.open(storage, name);
    await reader.close();
  }
}

async function recover(
  storage: Storage,
  lock: StorageLock,
  options: OpenSegmentsOptions,
): Promise<SegmentLog> {
  let files = await survey(storage);
  await removeUnfinished(storage, files, openingEpoch(lock, files));
  if (options.recovery === "salvage") {
    const { damages } = await salvageLog(storage, { lock });
    for (const damage of damages) options.warn(describeDamage(damage));
    files = await survey(storage);
  }
  const { segments, fenced } = files;
  const last = segments.at(-1);
  const epoch = openingEpoch(lock, files);
  const state = { segments, fenced, lastLsn: 0, checksum: 0, epoch };
  if (last !== undefined) {
    await recoverEnd(storage, lock, last, state, options.recovery);
  }
  const { segmentBytes, recovery } = options;
  // Strict recovery could not tell old bytes from torn ones.
  const recycle = recovery !== "strict";
  return new SegmentLog(storage, lock, state, { segmentBytes, recycle });
}

/** Fills in where the log ends; all that it has is durable then. */
async function recoverEnd(
  storage: Storage,
  lock: StorageLock,
  last: SegmentName,
  state: SegmentLogState,
  mode: RecoveryMode,
): Promise<void> {
  const { reader } = await SegmentCursor.open(storage, last);
  try {
    const scan = await scanSegment(reader);
    const decision = decideTail(scan, mode);
    if (decision !== "accept" && decision !== "cut") {
      throw refusal(reader.path, scan);
    }
    state.lastLsn = scan.lastLsn;
    state.checksum = scan.checksum;
    const copied = await copyUnsynced(
      storage,
      lock,
      reader,
      scan,
      state.epoch,
    );
    if (copied === undefined) return;
    state.segments.push(copied.segment);
    state.checksum = copied.checksum;
  } finally {
    await reader.close();
  }
}

function refusal(path: string, scan: SegmentScan): CorruptLogError {
  const why = scan.witness
    ? "a later frame says that it was synced, so no crash explains this"
    : "a crash may have torn it, which strict recovery does not accept";
  return new CorruptLogError(
    path,
    scan.stop.offset,
    `record ${scan.lastLsn + 1} is damaged (${
      describeFault(scan.stop)
    }); ${why}`,
  );
}

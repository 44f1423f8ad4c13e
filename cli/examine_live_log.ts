import { SegmentCursor } from "../storage/segment_cursor.ts";
import { missingRecord } from "../storage/segment_damage.ts";
import type { Storage } from "../storage/storage.ts";
import { describeEnd, type LogEnd } from "./describe_end.ts";
import { examineLog, type LogReport } from "./examine_log.ts";
import { judgeTail } from "./judge_tail.ts";
import { type LockState, readLockState } from "./read_lock_state.ts";

/** What is in a log that somebody may be writing to. */
export interface LiveLog {
  /** All that was read. */
  readonly report: LogReport;
  /** How it ends. */
  readonly end: LogEnd;
  /** Who may write to it. */
  readonly lock: LockState;
}

/** Longer than a write takes. */
const LOOK_AGAIN_MS = 100;

/**
 * Reads all of a log, and its lock, in a real directory. An end that looks torn
 * is looked at again if the log may have an owner: a frame that is being
 * written looks the same.
 */
export async function examineLiveLog(storage: Storage): Promise<LiveLog> {
  const lock = readLockState(storage.location);
  const report = await examineLog(storage);
  const end = describeEnd(report);
  const mayBeOwned = lock.state !== "free" && lock.state !== "dead";
  if (end.state !== "torn" || !mayBeOwned) return { report, end, lock };
  await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  const later = await examineEndAgain(storage, report);
  const endLater = describeEnd(later);
  return {
    report: later,
    end: endLater.state === "torn" && lock.state === "alive"
      ? { ...endLater, state: "writing" }
      : endLater,
    lock,
  };
}

/** The same report, with what the last segment has come to. */
async function examineEndAgain(
  storage: Storage,
  report: LogReport,
): Promise<LogReport> {
  const { segments, reports } = report;
  const cursor = await SegmentCursor.open(storage, segments.at(-1)!);
  const { reader } = cursor;
  try {
    const tail = await judgeTail(reader);
    const { frames, lastLsn, syncedLsn, bytes, stop } = tail.scan;
    const last = { ...reports.at(-1)!, frames, lastLsn, syncedLsn, bytes };
    const before = reports.slice(0, -1);
    if (!tail.corrupt) return { ...report, reports: [...before, last], tail };
    const { reason } = missingRecord(reader.path, lastLsn + 1, stop);
    const damage = { file: reader.path, offset: stop.offset, reason };
    const { tail: _, ...rest } = report;
    return { ...rest, reports: [...before, { ...last, damage }] };
  } finally {
    await cursor.close();
  }
}

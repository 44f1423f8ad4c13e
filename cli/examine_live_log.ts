import type { Storage } from "../storage/storage.ts";
import { describeEnd, type LogEnd } from "./describe_end.ts";
import { examineEndAgain, examineLog, type LogReport } from "./examine_log.ts";
import { type LockState, readLockState } from "./read_lock_state.ts";
import { isGone } from "./retry_if_gone.ts";

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
  const later = await examineAgain(storage, report);
  const endLater = describeEnd(later);
  return {
    report: later,
    end: endLater.state === "torn" && lock.state === "alive"
      ? { ...endLater, state: "writing" }
      : endLater,
    lock,
  };
}

async function examineAgain(
  storage: Storage,
  report: LogReport,
): Promise<LogReport> {
  try {
    return await examineEndAgain(storage, report);
  } catch (error) {
    if (!isGone(error)) throw error;
    return await examineLog(storage);
  }
}

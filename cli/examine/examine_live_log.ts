import { isCleanlyClosed } from "../../recovery/decide_tail.ts";
import type { Storage } from "../../storage/storage.ts";
import { examineEndAgain, examineLog, type LogReport } from "./examine_log.ts";
import { type LockState, readLockState } from "./lock_state.ts";
import { isGone } from "../../reader/survey_live_log.ts";

/** How a log ends. */
export interface LogEnd {
  /**
   * - `"empty"`: there is no segment;
   * - `"closed"`: the manifest says that the last writer closed the log;
   * - `"frame"`: with a whole frame; its writer is running or was killed;
   * - `"zeros"`: with zeros after the last frame, room for more;
   * - `"writing"`: with a frame that a running owner is writing;
   * - `"torn"`: with bytes that a crash left;
   * - `"corrupt"`: with synced bytes that have changed or are gone.
   */
  readonly state:
    | "empty"
    | "closed"
    | "frame"
    | "zeros"
    | "writing"
    | "torn"
    | "corrupt";
  /** Where the last whole frame of the last segment ends. */
  readonly offset: number;
  /** Number of bytes after it that are not frames. */
  readonly bytes: number;
}

/** The contents of a log that its owner may be writing to. */
export interface LiveLog {
  /** Everything that was read. */
  readonly report: LogReport;
  /** How it ends. */
  readonly end: LogEnd;
  /** Who may write to it. */
  readonly lock: LockState;
}

/** Longer than any write takes. */
const LOOK_AGAIN_MS = 100;

/**
 * Reads all of a log in a real directory, and its lock. Looks twice at an end
 * that seems torn if the log may have an owner: a frame that is being written
 * looks the same.
 */
export async function examineLiveLog(storage: Storage): Promise<LiveLog> {
  const lock = readLockState(storage.location);
  const report = await examineLog(storage);
  const end = endOf(report);
  const mayBeOwned = lock.state !== "free" && lock.state !== "dead";
  if (end.state !== "torn" || !mayBeOwned) return { report, end, lock };
  await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  const later = await examineAgain(storage, report);
  const endLater = endOf(later);
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

/** Tells how a log ends. */
function endOf({ reports, tail, manifest }: LogReport): LogEnd {
  const last = reports.at(-1);
  if (last === undefined) return { state: "empty", offset: 0, bytes: 0 };
  if (tail === undefined) {
    return { state: "corrupt", offset: last.damage?.offset ?? 0, bytes: 0 };
  }
  const { remainder, stop: { offset } } = tail.scan;
  const bytes = remainder === "nothing" ? 0 : tail.scan.bytes - offset;
  const place = { offset, bytes };
  if (isCleanlyClosed(tail.scan, manifest)) {
    return { state: "closed", ...place };
  }
  switch (remainder) {
    case "nothing":
      return { state: "frame", ...place };
    case "zeros":
      return { state: "zeros", ...place };
    case "bytes":
      return { state: "torn", ...place };
  }
}

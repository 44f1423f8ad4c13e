import { CompactedError, type RecordBatch } from "../storage/frame_log.ts";
import { firstOf } from "./first_of.ts";
import type { LogSource } from "./log_source.ts";

/**
 * LSN of the first record of `log` written at `time` or later, in ms since 1970;
 * that of the next record if there is none. Times never decrease, so a binary
 * search needs some thirty lookups in a log of a billion records.
 */
export async function findByTime(
  log: LogSource,
  time: number,
): Promise<number> {
  let low = log.firstLsn;
  let high = log.reached("os") + 1;
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2);
    try {
      const batch = await firstOf(log.read(middle, middle));
      if (requireTimeOf(batch) >= time) high = middle;
      else low = middle + 1;
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error;
    }
    // A checkpoint, or a cut, may move the bounds meanwhile.
    low = Math.max(low, log.firstLsn);
    high = Math.min(high, log.reached("os") + 1);
  }
  return Math.max(high, low);
}

function requireTimeOf({ time }: RecordBatch): number {
  if (time !== undefined) return time;
  throw new Error(
    "Cannot find a record by its time because this log keeps no times",
  );
}

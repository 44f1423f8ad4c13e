import { firstOf } from "../reader/first_of.ts";
import type { FrameLog } from "../storage/frame_log.ts";
import { type Clock, wallTime } from "../writer/clock.ts";

/** How much a replica keeps; what several limits ask for is kept by any. */
export interface ReplicaRetention {
  /** Keeps what was written less than this long ago, in ms above 0. */
  keepMs?: number | undefined;
  /** Keeps this many records at the end: an integer of at least 0. */
  keepRecords?: number | undefined;
}

/**
 * Drops the records of a replica that no limit keeps, and none that the log of
 * which it is still has: `firstLsn` is its oldest one.
 */
export async function retain(
  log: FrameLog,
  firstLsn: number,
  { keepMs, keepRecords }: ReplicaRetention,
  clock: Clock,
): Promise<void> {
  const limits = [firstLsn];
  if (keepRecords !== undefined) limits.push(log.lastLsn + 1 - keepRecords);
  const candidate = Math.min(...limits);
  if (candidate <= log.firstLsn) return;
  const lsn = keepMs === undefined
    ? candidate
    : await firstAt(log, candidate, wallTime(clock) - keepMs);
  if (lsn > log.firstLsn) await log.truncateBefore(lsn);
}

/** The first record written at `time` or later, or `most` if that is lower. */
async function firstAt(
  log: FrameLog,
  most: number,
  time: number,
): Promise<number> {
  let low = log.firstLsn;
  let high = Math.min(most, log.lastLsn + 1);
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2);
    const found = await firstOf(log.read(middle, middle));
    if ((found.time ?? Infinity) >= time) high = middle;
    else low = middle + 1;
  }
  return low;
}

import { COMPACTION_LIMITS } from "../../storage/s3/log/compaction/plan_compaction.ts";
import type { Requests } from "./bill.ts";

/**
 * An opening of a log with this `window` that was closed: `log` is read, `e/`
 * listed, the newest claim read and the next one made. A listing and a header
 * show where `b/` ends, before twice the window of fences are made and after. The
 * fences are read back, with what may hold records after the last settled slot;
 * `e/` is listed after each look, and the opening mark made.
 */
export function requestsToOpen(window: number): Requests {
  return { puts: 1 + 2 * window + 1, lists: 5, gets: 5 + 2 * window };
}

/** `frames` frames: one PUT for each. */
export function requestsOfFrames(frames: number): Requests {
  return { puts: frames, lists: 0, gets: 0 };
}

const { slots, bytes: runBytes, mergedBytes } = COMPACTION_LIMITS;

/**
 * Compacting `frames` frames of `bytes` bytes in all: each is read once, and
 * those of a run become an object, after two listings. Later, objects are read
 * again and merged into large ones.
 */
export function requestsToCompact(frames: number, bytes: number): Requests {
  const runs = Math.max(frames / slots, bytes / runBytes);
  const merged = Math.max(runs / slots, bytes / mergedBytes);
  return { puts: runs + merged, lists: 2 * runs, gets: frames + runs };
}

/**
 * A reader that looks `looks` times, and finds `frames` frames: of each it gets
 * the header when it sees it, and all of it when it reads it.
 */
export function requestsOfReader(looks: number, frames: number): Requests {
  return { puts: 0, lists: looks, gets: 2 * frames };
}

/** `commits` commits of a durable cursor. */
export function requestsOfCursor(commits: number): Requests {
  return { puts: commits, lists: 0, gets: 0 };
}

import type { Requests } from "./bill.ts";

/** Frames are merged into objects of this many bytes. */
export const MERGED_BYTES = 8 * 2 ** 20;

/**
 * An opening of a log with this `window`, if nobody else opens it: `log` is
 * read, `e/` listed for the newest claim and the next one made, and two
 * listings find the end of `b/`. Twice the window of fences are made, a listing
 * shows that nothing is beyond, and what may hold records after the last
 * settled slot is read, before the opening mark is made.
 */
export function requestsToOpen(window: number): Requests {
  return {
    puts: 1 + 2 * window + 1,
    lists: 1 + 2 + 1,
    gets: 1 + 1 + window + 1,
  };
}

/** `frames` frames: one PUT for each. */
export function requestsOfFrames(frames: number): Requests {
  return { puts: frames, lists: 0, gets: 0 };
}

/** Merging `frames` frames of `bytes` bytes in all: each is read once. */
export function requestsToMerge(frames: number, bytes: number): Requests {
  return { puts: bytes / MERGED_BYTES, lists: 0, gets: frames };
}

/** A reader that looks `looks` times, and finds `frames` frames. */
export function requestsOfReader(looks: number, frames: number): Requests {
  return { puts: 0, lists: looks, gets: frames };
}

/** `commits` commits of a durable cursor. */
export function requestsOfCursor(commits: number): Requests {
  return { puts: commits, lists: 0, gets: 0 };
}

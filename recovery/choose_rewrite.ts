import type { SegmentName } from "../storage/format/segment_name.ts";
import type { Storage } from "../storage/storage.ts";

/** Segments at the end of a log from which on they are merged. */
const LEAST_SEGMENTS = 8;

/** Bytes that an opening copies at most to merge segments. */
const MERGE_BYTES = 1024 * 1024;

/**
 * The number of segments at the end of a log to be merged, as each opening adds
 * one: all of the last that have `MERGE_BYTES` together, if they are many.
 *
 * None gets larger than a segment may be. Every byte is copied about once for each seven openings that add a segment,
 * until it lies in one of that size; so a log has few more than one a megabyte.
 */
export async function countMergeable(
  storage: Storage,
  segments: readonly SegmentName[],
  segmentBytes: number,
): Promise<number> {
  if (segments.length < LEAST_SEGMENTS) return 0;
  let count = 0;
  let bytes = 0;
  for (const { name } of segments.toReversed()) {
    bytes += await sizeOf(storage, name);
    if (bytes > Math.min(MERGE_BYTES, segmentBytes)) break;
    count++;
  }
  return count < LEAST_SEGMENTS ? 0 : count;
}

async function sizeOf(storage: Storage, name: string): Promise<number> {
  const file = await storage.open(name, "read");
  try {
    return await file.size();
  } finally {
    await file.close();
  }
}

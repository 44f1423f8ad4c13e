import { lsnsOf } from "../storage/format/frame.ts";
import type { SegmentName } from "../storage/format/segment_name.ts";
import { SegmentReader } from "../storage/segment_reader.ts";
import type { Storage } from "../storage/storage.ts";
import { SegmentCursor } from "../storage/segment_cursor.ts";
import type { FileNames, Survey } from "./survey.ts";

/** Names of strays that a message lists. */
const MOST_NAMES = 5;

/** Says which files are not the log's; nothing if all are. */
export function describeStrays(
  { location }: Storage,
  { strays }: FileNames,
): string | undefined {
  if (strays.length === 0) return undefined;
  const names = strays.toSorted().slice(0, MOST_NAMES)
    .map((name) => `"${name}"`).join(", ");
  const more = strays.length - MOST_NAMES;
  return `"${location}" holds files that are not the log's: ${names}` +
    (more > 0 ? ` and ${more} more` : "") + "; they were left alone";
}

/** A fenced segment and what is in it. */
export interface FencedSegment extends SegmentName {
  /** LSN of its last record; below the first if it has none. */
  readonly lastLsn: number;
}

/** Looks into the fenced segments. */
export async function findFenced(
  storage: Storage,
  { fenced }: Pick<Survey, "fenced">,
): Promise<FencedSegment[]> {
  const found: FencedSegment[] = [];
  for (const segment of fenced) {
    found.push({ ...segment, lastLsn: await lastLsnOf(storage, segment) });
  }
  return found;
}

/** Says of a fenced segment which records are in it. */
export function describeFenced(
  { location }: Storage,
  { name, firstLsn, lastLsn, epoch }: FencedSegment,
): string {
  const records = lastLsn < firstLsn
    ? "no record"
    : `records ${firstLsn} to ${lastLsn}`;
  return `"${location}/${name}" holds ${records} that the owner of epoch ` +
    `${epoch} wrote after it had been overtaken: none was acknowledged, and ` +
    "they are not part of the log";
}

/** LSN of the last record of a segment that is no part of the log. */
async function lastLsnOf(
  storage: Storage,
  { name, firstLsn }: SegmentName,
): Promise<number> {
  const reader = await SegmentReader.openDamaged(storage, name);
  try {
    if ("fault" in reader.found) return firstLsn - 1;
    let lastLsn = firstLsn - 1;
    for await (const frames of new SegmentCursor(reader).frames()) {
      for (const frame of frames) lastLsn = frame.firstLsn + lsnsOf(frame) - 1;
    }
    return lastLsn;
  } finally {
    await reader.close();
  }
}

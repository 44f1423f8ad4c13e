import { lsnsOf } from "../storage/format/frame.ts";
import type { SegmentName } from "../storage/format/segment_name.ts";
import { SegmentReader } from "../storage/segment_reader.ts";
import type { Storage } from "../storage/storage.ts";
import { SegmentCursor } from "../storage/segment_cursor.ts";
import type { FileNames, Survey } from "./survey.ts";

/** Says of each file that is not the log's that it is there. */
export function describeStrays(
  { location }: Storage,
  { strays }: FileNames,
): string[] {
  return strays.map((name) =>
    `"${location}/${name}" is not the log's: it was left alone`
  );
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

import type { SegmentName } from "../storage/format/segment_name.ts";
import { SegmentReader } from "../storage/segment_reader.ts";
import type { Storage } from "../storage/storage.ts";
import { findRuns, type FoundSegment } from "./find_runs.ts";
import { judgeHeader } from "./judge_header.ts";
import type { Survey } from "./survey.ts";

const NO_MANIFEST = { epoch: 0, firstLsn: 0, baseLsn: 0 };

/**
 * Finds what can be kept of each of the log's segments. All of it before
 * anything is changed: any of it may be refused.
 */
export async function findSegments(
  storage: Storage,
  { segments, manifest }: Pick<Survey, "segments" | "manifest">,
): Promise<FoundSegment[]> {
  const { epoch, firstLsn: lowLsn, baseLsn } = manifest ?? NO_MANIFEST;
  const found: FoundSegment[] = [];
  let reached = 0;
  for (const [index, segment] of segments.entries()) {
    // Behind it is what an owner wrote after it had been overtaken.
    const ownEnd = segment.epoch < epoch ? baseLsn + 1 : Infinity;
    const next = await nextOf(storage, segments.slice(index)) ?? Infinity;
    const end = Math.min(next, ownEnd);
    const one = await findRuns(storage, segment, { lowLsn, end });
    const isIntruder = one.salt === undefined && segment.firstLsn < reached;
    found.push(
      isIntruder ? { ...one, isForeign: true, end: segment.firstLsn } : one,
    );
    reached = Math.max(reached, one.runs.at(-1)?.nextLsn ?? 0);
  }
  return found;
}

/**
 * LSN that the next segment begins with. A file without a frame ends no segment
 * of its owner: the records that its name claims may lie in the segment before.
 * One of a later owner does: an owner that was overtaken may have written behind
 * that place.
 */
async function nextOf(
  storage: Storage,
  [segment, ...later]: readonly SegmentName[],
): Promise<number | undefined> {
  for (const one of later) {
    const isNext = one.epoch > segment.epoch || await hasSalt(storage, one);
    if (isNext) return one.firstLsn;
  }
  return undefined;
}

async function hasSalt(
  storage: Storage,
  segment: SegmentName,
): Promise<boolean> {
  const reader = await SegmentReader.openDamaged(storage, segment.name);
  try {
    const { salt } = await judgeHeader(reader, segment, Infinity, undefined);
    return salt !== undefined;
  } finally {
    await reader.close();
  }
}

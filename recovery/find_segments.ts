import type { SegmentName } from "../storage/format/segment_name.ts";
import { SegmentReader } from "../storage/segment_reader.ts";
import type { Storage } from "../storage/storage.ts";
import { findRuns, type FoundSegment } from "./find_runs.ts";
import { judgeHeader } from "./judge_header.ts";
import type { Survey } from "./survey.ts";

/**
 * Finds what can be kept of each segment. All of it before anything is changed:
 * any of it may be refused.
 */
export async function findSegments(
  storage: Storage,
  { segments, manifest, end }: Survey,
): Promise<FoundSegment[]> {
  const found: FoundSegment[] = [];
  let log = manifest?.log;
  let reached = 0;
  for (const [index, segment] of segments.entries()) {
    const next = await nextOf(storage, segments.slice(index), log) ?? end;
    const bounds = { from: manifest?.firstLsn ?? 1, end: next };
    const one = await findRuns(storage, segment, bounds, log);
    log ??= one.header?.log;
    const isEmpty = one.isForeign || one.salt === undefined;
    const isIntruder = isEmpty && segment.firstLsn < reached;
    found.push(
      isIntruder ? { ...one, isForeign: true, next: segment.firstLsn } : one,
    );
    reached = Math.max(reached, one.runs.at(-1)?.nextLsn ?? 0);
  }
  return found;
}

/**
 * LSN that the next segment begins with. One that is none, a copy or a file
 * without a frame, ends no segment of its owner: the records that its name
 * claims may lie in the segment before. One of a later owner does: an owner
 * that was overtaken may have written behind that place.
 */
async function nextOf(
  storage: Storage,
  [segment, ...later]: readonly SegmentName[],
  log: string | undefined,
): Promise<number | undefined> {
  for (const one of later) {
    const isNext = one.epoch > segment.epoch ||
      await isSegment(storage, one, log);
    if (isNext) return one.firstLsn;
  }
  return undefined;
}

async function isSegment(
  storage: Storage,
  segment: SegmentName,
  log: string | undefined,
): Promise<boolean> {
  const reader = await SegmentReader.openDamaged(storage, segment.name);
  try {
    const judged = await judgeHeader(reader, segment, Infinity, log);
    return judged.isForeign === undefined && judged.salt !== undefined;
  } finally {
    await reader.close();
  }
}

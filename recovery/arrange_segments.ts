import type { Manifest, SegmentName } from "../storage/format/mod.ts";

/** The segments of a directory, sorted by what becomes of them. */
export interface ArrangedSegments {
  /** The segments that make up the log, in order. */
  segments: SegmentName[];
  /** LSN before which the last of them ends, whatever follows in the file. */
  end: number;
  /**
   * Segments that an owner made after it was displaced: none of their records
   * was acknowledged. Kept, but never read.
   */
  fenced: SegmentName[];
  /** Segments that a repair has replaced; they are kept under another name. */
  replaced: SegmentName[];
  /** Segments that hold nothing to keep; they are removed. */
  obsolete: SegmentName[];
}

/**
 * Sorts segments by their names and the manifest; pure.
 *
 * Owners follow one another by epoch. A segment belongs to the log unless it
 * begins after the place where a later owner found the end of the log, is below
 * the oldest record kept, or was rewritten by a recovery.
 */
export function arrangeSegments(
  found: readonly SegmentName[],
  manifest: Manifest | undefined,
): ArrangedSegments {
  const { latest, replaced } = splitRevisions(found);
  if (manifest === undefined) {
    return { ...splitFenced(latest), replaced, obsolete: [], end: Infinity };
  }
  const isRewritten = rewrittenBy(manifest, latest);
  const kept = latest.filter((segment) => !isRewritten(segment));
  const obsolete = latest.filter(isRewritten);
  const { epoch, baseLsn, firstLsn } = manifest;
  const isLate = (segment: SegmentName) =>
    segment.epoch < epoch && segment.firstLsn > baseLsn;
  const { segments: all, fenced } = splitFenced(
    kept.filter((one) => !isLate(one)),
  );
  const allFenced = [...fenced, ...kept.filter(isLate)];
  const isNeeded = (_: SegmentName, index: number) =>
    !isDropped(all[index], all[index + 1], manifest);
  const begin = all.findIndex(isNeeded);
  const segments = begin === -1 ? [] : all.slice(begin);
  const dropped = all.slice(0, all.length - segments.length);
  const isLow = (segment: SegmentName) => segment.firstLsn < firstLsn;
  const last = segments.at(-1);
  return {
    segments,
    end: last !== undefined && last.epoch < epoch ? baseLsn + 1 : Infinity,
    fenced: allFenced.filter((segment) => !isLow(segment)),
    replaced,
    // Before those that fence them: otherwise they would join the log.
    obsolete: [...allFenced.filter(isLow), ...obsolete, ...dropped],
  };
}

/** Splits off the segments that a higher revision has replaced. */
function splitRevisions(found: readonly SegmentName[]): {
  latest: SegmentName[];
  replaced: SegmentName[];
} {
  const isLatest = (segment: SegmentName, index: number) => {
    const next = found[index + 1];
    return next === undefined || next.firstLsn !== segment.firstLsn ||
      next.epoch !== segment.epoch;
  };
  return {
    latest: found.filter(isLatest),
    replaced: found.filter((segment, index) => !isLatest(segment, index)),
  };
}

/** Splits off segments after one of a higher epoch: fenced owners made them. */
function splitFenced(found: readonly SegmentName[]): {
  segments: SegmentName[];
  fenced: SegmentName[];
} {
  const segments: SegmentName[] = [];
  const fenced: SegmentName[] = [];
  let epoch = 0;
  for (const segment of found) {
    (segment.epoch < epoch ? fenced : segments).push(segment);
    epoch = Math.max(epoch, segment.epoch);
  }
  return { segments, fenced };
}

/** Returns a test for segments that a recovery rewrote in its own one. */
function rewrittenBy(
  { epoch, baseLsn, rewriteLsn }: Manifest,
  found: readonly SegmentName[],
): (segment: SegmentName) => boolean {
  const isDone = rewriteLsn > 0 &&
    found.some((one) => one.epoch === epoch && one.firstLsn === rewriteLsn);
  return (segment) =>
    isDone && segment.epoch < epoch && segment.firstLsn >= rewriteLsn &&
    segment.firstLsn <= baseLsn;
}

/** Whether a segment with `next` after it holds only dropped records. */
function isDropped(
  first: SegmentName,
  next: SegmentName | undefined,
  { epoch, firstLsn, baseLsn }: Manifest,
): boolean {
  if (next !== undefined) return next.firstLsn <= firstLsn;
  return first.epoch < epoch && baseLsn < firstLsn;
}

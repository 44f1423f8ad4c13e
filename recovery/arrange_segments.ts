import type { Manifest, SegmentName } from "../storage/format/mod.ts";

/** What the segments of a directory are. */
export interface ArrangedSegments {
  /** Those that make up the log, in order. */
  segments: SegmentName[];
  /** LSN before which the last of them ends, whatever lies behind. */
  end: number;
  /**
   * Those that an owner made after it had been overtaken: none of their records
   * was acknowledged. Kept, never read.
   */
  fenced: SegmentName[];
  /** Those that a repair has replaced, to be kept under another name. */
  replaced: SegmentName[];
  /** Those of which nothing is kept: to be removed. */
  obsolete: SegmentName[];
}

/**
 * Tells by names and the manifest what each segment is; pure.
 *
 * Owners follow one another by epoch. A segment belongs to the log unless it
 * begins behind the place where a later owner found the log to end, or lies
 * below the oldest record kept, or was written anew by a recovery.
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
  const { segments, fenced } = splitFenced(kept.filter((one) => !isLate(one)));
  const allFenced = [...fenced, ...kept.filter(isLate)];
  while (isDropped(segments, manifest)) obsolete.push(segments.shift()!);
  const isLow = (segment: SegmentName) => segment.firstLsn < firstLsn;
  const last = segments.at(-1);
  return {
    segments,
    end: last !== undefined && last.epoch < epoch ? baseLsn + 1 : Infinity,
    fenced: allFenced.filter((segment) => !isLow(segment)),
    replaced,
    // Before those that fence them, which else would let them into the log.
    obsolete: [...allFenced.filter(isLow), ...obsolete],
  };
}

/** Of segments of one name, the highest revision counts. */
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

/** A lower epoch behind a higher one was made by an owner that was overtaken. */
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

/** Whether a recovery wrote all of a segment anew, in one of its own. */
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

/** Whether the first segment holds nothing that is kept. */
function isDropped(
  [first, next]: readonly SegmentName[],
  { epoch, firstLsn, baseLsn }: Manifest,
): boolean {
  if (first === undefined) return false;
  if (next !== undefined) return next.firstLsn <= firstLsn;
  return first.epoch < epoch && baseLsn < firstLsn;
}

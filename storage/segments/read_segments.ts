import {
  CorruptLogError,
  describeFault,
  missingRecord,
} from "../corrupt_log_error.ts";
import type { SegmentName } from "../format/file_names.ts";
import { lsnsOf } from "../format/frame.ts";
import { type FrameRecords, splitRecords } from "../format/records.ts";
import { CompactedError, type RecordBatch } from "../frame_log.ts";
import type { Storage } from "../storage.ts";
import { SegmentCursor } from "./segment_cursor.ts";
import type { SegmentLookup } from "./segment_lookup.ts";
import type { PlacedFrame } from "./segment_reader.ts";

/** The records to read. */
export interface ReadRange {
  /** LSN of the first record. */
  from: number;
  /** LSN of the last record. */
  to: number;
  /** LSN of the oldest record kept; may rise during the read. */
  firstLsn: () => number;
  /** The log's id. */
  log: string;
  /** Finds where to begin. */
  lookup: Pick<SegmentLookup, "find">;
}

/**
 * Reads the records `from` to `to`, both included, from consecutive segments.
 * Throws {@linkcode CorruptLogError} if a record is missing, and
 * {@linkcode CompactedError} if one was dropped during the read. A segment ends
 * where the next one begins, whatever follows in the file.
 */
export async function* readSegments(
  storage: Storage,
  segments: readonly SegmentName[],
  range: ReadRange,
): AsyncGenerator<RecordBatch> {
  const { from, to, firstLsn } = range;
  let nextLsn = from;
  try {
    for await (const batch of readAll(storage, segments, range)) {
      if (nextLsn < firstLsn()) break;
      yield batch;
      nextLsn = batch.firstLsn + (batch.lost ?? batch.records.length);
    }
  } catch (error) {
    // A dropped segment may be missing, or look damaged if it is reused.
    if (nextLsn >= firstLsn()) throw error;
  }
  if (nextLsn <= to && nextLsn < firstLsn()) {
    throw new CompactedError(nextLsn, firstLsn());
  }
}

async function* readAll(
  storage: Storage,
  segments: readonly SegmentName[],
  { from, to, log, lookup }: ReadRange,
): AsyncGenerator<RecordBatch> {
  const first = segmentOf(segments, from);
  const found = await lookup.find(segments, first, from, to);
  for (const frame of found?.frames ?? []) {
    const batch = batchOf(found!.path, frame, from, to);
    if (batch === undefined) continue;
    yield found!.isKept ? copyOf(batch) : batch;
  }
  const nextLsn = found?.chain.nextLsn ?? from;
  if (nextLsn > to) return;
  let before: Pick<SegmentCursor, "nextLsn" | "link"> | undefined;
  for (let index = first; index < segments.length; index++) {
    const segment = segments[index];
    const end = segments[index + 1]?.firstLsn ?? Infinity;
    if (segment.firstLsn > to) return;
    if (end <= nextLsn) {
      before = found?.chain;
      continue;
    }
    const cursor = await SegmentCursor.open(storage, segment, log);
    try {
      if (before !== undefined) cursor.requireToFollow(before);
      if (found !== undefined && index === first) cursor.resume(found);
      yield* readSegment(cursor, from, to, end);
      before = cursor;
    } finally {
      await cursor.close();
    }
  }
}

function copyOf(batch: RecordBatch): RecordBatch {
  return { ...batch, records: Array.from(batch.records, (one) => one.slice()) };
}

/** The last of `segments` that begins at or below record `lsn`, or the first. */
function segmentOf(segments: readonly SegmentName[], lsn: number): number {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (segments[middle].firstLsn <= lsn) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

/** Reads up to record `to`, or up to `end`, where the next segment begins. */
async function* readSegment(
  cursor: SegmentCursor,
  from: number,
  to: number,
  end: number,
): AsyncGenerator<RecordBatch> {
  const { path } = cursor.reader;
  const chain = cursor.frames(end);
  while (true) {
    const { value, done } = await chain.next();
    if (done) {
      if (value === undefined) return;
      throw missingRecord(path, cursor.nextLsn, value);
    }
    for (const frame of value) {
      if (frame.firstLsn > to) return;
      const batch = batchOf(path, frame, from, to);
      if (batch !== undefined) yield batch;
      if (frame.firstLsn + lsnsOf(frame) > to) return;
    }
  }
}

/** The records `from` to `to` that a frame holds or has lost, if any. */
export function batchOf(
  path: string,
  frame: PlacedFrame,
  from: number,
  to: number,
): RecordBatch | undefined {
  const { firstLsn, hole, time } = frame;
  const lsns = lsnsOf(frame);
  const skip = Math.max(0, from - firstLsn);
  const stop = Math.min(lsns, to + 1 - firstLsn);
  if (skip >= stop) return undefined;
  if (hole !== undefined) {
    const lost = stop - skip;
    return { firstLsn: firstLsn + skip, records: [], time, lost };
  }
  const records = recordsOf(path, frame);
  return skip === 0 && stop === lsns
    ? { firstLsn, records, time }
    : { firstLsn: firstLsn + skip, records: records.slice(skip, stop), time };
}

/** A frame's records; throws {@linkcode CorruptLogError} if they do not fit. */
export function recordsOf(path: string, frame: PlacedFrame): FrameRecords {
  const records = splitRecords(frame.payload, frame.count);
  if (!("fault" in records)) return records;
  throw new CorruptLogError(path, frame.offset, describeFault(records));
}

import { CorruptLogError } from "./corrupt_log_error.ts";
import { lsnsOf } from "./format/frame.ts";
import { type FrameRecords, splitRecords } from "./format/records.ts";
import type { SegmentName } from "./format/segment_name.ts";
import type { RecordBatch } from "./frame_log.ts";
import { SegmentCursor } from "./segment_cursor.ts";
import { describeFault, missingRecord } from "./segment_damage.ts";
import type { PlacedFrame } from "./segment_reader.ts";
import type { Storage } from "./storage.ts";

/**
 * The records `from` to `to`, both included, of segments that follow one
 * another; throws {@linkcode CorruptLogError} where one is missing. A segment
 * ends where the next begins, whatever lies behind.
 */
export async function* readSegments(
  storage: Storage,
  segments: SegmentName[],
  from: number,
  to: number,
): AsyncGenerator<RecordBatch> {
  let before: SegmentCursor | undefined;
  for (const [index, segment] of segments.entries()) {
    const end = segments[index + 1]?.firstLsn ?? Infinity;
    if (end <= from) continue;
    if (segment.firstLsn > to) return;
    const cursor = await SegmentCursor.open(storage, segment);
    try {
      if (before !== undefined) cursor.requireToFollow(before);
      yield* readSegment(cursor, from, to, end);
      before = cursor;
    } finally {
      await cursor.close();
    }
  }
}

/** Reads up to `to`, or to where the next segment begins, at `end`. */
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

/** What of `from` to `to` is in a frame, or lost; `undefined` if nothing is. */
export function batchOf(
  path: string,
  frame: PlacedFrame,
  from: number,
  to: number,
): RecordBatch | undefined {
  const { firstLsn, hole } = frame;
  const lsns = lsnsOf(frame);
  const skip = Math.max(0, from - firstLsn);
  const stop = Math.min(lsns, to + 1 - firstLsn);
  if (skip >= stop) return undefined;
  if (hole !== undefined) {
    return { firstLsn: firstLsn + skip, records: [], lost: stop - skip };
  }
  const records = recordsOf(path, frame);
  return skip === 0 && stop === lsns
    ? { firstLsn, records }
    : { firstLsn: firstLsn + skip, records: records.slice(skip, stop) };
}

/** A frame's records; throws {@linkcode CorruptLogError} if it lies. */
export function recordsOf(path: string, frame: PlacedFrame): FrameRecords {
  const records = splitRecords(frame.payload, frame.count);
  if (!("fault" in records)) return records;
  throw new CorruptLogError(path, frame.offset, describeFault(records));
}

import { CorruptLogError } from "./corrupt_log_error.ts";
import { hex } from "./format/frame.ts";
import { splitRecords } from "./format/records.ts";
import type { SegmentName } from "./format/segment_name.ts";
import type { RecordBatch } from "./frame_log.ts";
import { firstLink, readChain } from "./segment_chain.ts";
import { type PlacedFrame, SegmentReader } from "./segment_reader.ts";
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
  let previous: number | undefined;
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1]?.firstLsn ?? Infinity;
    if (next <= from) continue;
    if (segment.firstLsn > to) return;
    const last = Math.min(to, next - 1);
    previous = yield* readSegment(storage, segment, from, last, previous);
  }
}

/** Yields `from` to `last`; returns the checksum of the last frame read. */
async function* readSegment(
  storage: Storage,
  segment: SegmentName,
  from: number,
  last: number,
  previous: number | undefined,
): AsyncGenerator<RecordBatch, number> {
  const reader = await SegmentReader.open(storage, segment.name);
  try {
    const link = firstLink(reader.header);
    checkSegment(reader, segment, previous);
    if (link.nextLsn > last) return link.previous;
    const chain = readChain(reader, link);
    while (true) {
      const { value, done } = await chain.next();
      if (done) {
        const { offset, fault, expected, found } = value;
        throw new CorruptLogError(
          reader.path,
          offset,
          `record ${link.nextLsn} is missing (${fault}: expected ` +
            `${expected}, found ${found})`,
        );
      }
      for (const frame of value) {
        if (frame.firstLsn + frame.count > from && frame.count > 0) {
          yield recordsOf(reader.path, frame, from, last);
        }
        if (frame.firstLsn + frame.count > last) return frame.checksum;
      }
    }
  } finally {
    await reader.close();
  }
}

/** A segment has to be what its name says and to follow the one before. */
export function checkSegment(
  { path, header }: SegmentReader,
  { firstLsn, epoch }: SegmentName,
  previous = header.previous,
): void {
  const expected = `record ${firstLsn} of epoch ${epoch} behind ` +
    hex(previous);
  const found = `record ${header.firstLsn} of epoch ${header.epoch} behind ` +
    hex(header.previous);
  if (expected === found) return;
  throw new CorruptLogError(
    path,
    0,
    `segment header: expected ${expected}, found ${found}`,
  );
}

function recordsOf(
  path: string,
  frame: PlacedFrame,
  from: number,
  last: number,
): RecordBatch {
  const records = splitRecords(frame.payload, frame.count);
  if (!Array.isArray(records)) {
    const { expected, found } = records;
    throw new CorruptLogError(
      path,
      frame.offset,
      `records: expected ${expected}, found ${found}`,
    );
  }
  const skip = Math.max(0, from - frame.firstLsn);
  const stop = Math.min(frame.count, last + 1 - frame.firstLsn);
  if (skip === 0 && stop === frame.count) {
    return { firstLsn: frame.firstLsn, records };
  }
  return {
    firstLsn: frame.firstLsn + skip,
    records: records.slice(skip, stop),
  };
}

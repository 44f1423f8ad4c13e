import { describeFault } from "../storage/corrupt_log_error.ts";
import {
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
  type SegmentName,
} from "../storage/format/mod.ts";
import { notTheSegment, type SegmentReader } from "../storage/segments/mod.ts";

/** What is known about a segment without reading all of its frames. */
export interface JudgedHeader {
  /** The header, if it is whole and fits the segment's name. */
  header?: SegmentHeader;
  /** What is wrong with it otherwise. */
  headerFault?: string;
  /** The frames' salt; unknown if there is neither a header nor a frame. */
  salt?: number;
  /** Present if a whole header says that it is a copy, or another log's. */
  isForeign?: true;
}

/**
 * Judges a segment's header by the segment's name and the log's id, if known.
 * If the header is damaged, it finds the salt without it.
 */
export async function judgeHeader(
  reader: SegmentReader,
  segment: SegmentName,
  end: number,
  expected: string | undefined,
): Promise<JudgedHeader> {
  const { found } = reader;
  if ("fault" in found) {
    const headerFault = `segment header ${describeFault(found)}`;
    const salt = await likelySalt(reader, segment.firstLsn, end);
    return { headerFault, ...(salt !== undefined && { salt }) };
  }
  const { salt } = found;
  const headerFault = notTheSegment(segment, found, expected);
  return headerFault === undefined
    ? { header: found, salt }
    : { headerFault, salt, isForeign: true };
}

/** The salt of most bytes in possible frames, for want of a header. */
async function likelySalt(
  reader: SegmentReader,
  firstLsn: number,
  end: number,
): Promise<number | undefined> {
  const bytesBySalt = new Map<number, number>();
  for await (const frames of reader.search(SEGMENT_HEADER_BYTES)) {
    for (const { salt, bytes, ...frame } of frames) {
      if (frame.firstLsn < firstLsn || frame.firstLsn >= end) continue;
      bytesBySalt.set(salt, (bytesBySalt.get(salt) ?? 0) + bytes);
    }
  }
  let likely: number | undefined;
  let most = 0;
  for (const [salt, bytes] of bytesBySalt) {
    if (bytes <= most) continue;
    likely = salt;
    most = bytes;
  }
  return likely;
}

import { notTheSegment, type SegmentReader } from "../storage/segments/mod.ts";
import {
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
  type SegmentName,
} from "../storage/format/mod.ts";
import { describeFault } from "../storage/corrupt_log_error.ts";

/** What is known of a segment before its frames. */
export interface JudgedHeader {
  /** The header, if it is whole and what the segment's name says. */
  header?: SegmentHeader;
  /** What is wrong with it otherwise. */
  headerFault?: string;
  /** What the frames have; unknown if there is no header and no frame. */
  salt?: number;
  /** Whether it is another segment, by a whole header: a copy, or another log's. */
  isForeign?: true;
}

/**
 * Judges a segment's header by its name and the log's id, if that is known, and
 * finds the salt without it.
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

/** Without a header: the salt that most bytes of possible frames have. */
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

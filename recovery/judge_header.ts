import {
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
} from "../storage/format/segment_header.ts";
import type { SegmentName } from "../storage/format/segment_name.ts";
import { describeFault } from "../storage/segment_damage.ts";
import type { SegmentReader } from "../storage/segment_reader.ts";

/** What is known of a segment before its frames. */
export interface JudgedHeader {
  /** The header, if it is whole. */
  header?: SegmentHeader;
  /** What is wrong with it otherwise. */
  headerFault?: string;
  /** What the frames have; unknown if there is no header and no frame. */
  salt?: number;
}

/** Judges the header of a segment of the log; finds the salt without it. */
export async function judgeHeader(
  reader: SegmentReader,
  segment: SegmentName,
  end: number,
): Promise<JudgedHeader> {
  const { found } = reader;
  if ("fault" in found) {
    const headerFault = `segment header ${describeFault(found)}`;
    const salt = await likelySalt(reader, segment.firstLsn, end);
    return { headerFault, ...(salt !== undefined && { salt }) };
  }
  return { header: found, salt: found.salt };
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

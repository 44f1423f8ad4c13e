import { decideTail } from "../recovery/decide_tail.ts";
import { scanSegment, type SegmentScan } from "../recovery/scan_tail.ts";
import type { SegmentReader } from "../storage/segment_reader.ts";

/** What the end of a log's last segment is. */
export interface Tail {
  /** All about it. */
  readonly scan: SegmentScan;
  /** Whether it is damage that no crash explains. */
  readonly corrupt: boolean;
}

/**
 * Judges the end of the last segment as recovery would. A writer may be at
 * work: what looks like a hole may be a frame that was half-written a moment
 * ago, so a bad verdict counts only if a second look comes to the same place.
 */
export async function judgeTail(reader: SegmentReader): Promise<Tail> {
  let scan = await scanSegment(reader);
  while (decideTail(scan, "tail") === "refuse") {
    const again = await scanSegment(reader);
    const isSame = again.stop.offset === scan.stop.offset;
    scan = again;
    if (isSame) return { scan, corrupt: decideTail(scan, "tail") === "refuse" };
  }
  return { scan, corrupt: false };
}

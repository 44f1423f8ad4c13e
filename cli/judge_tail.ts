import { faultOfEnd } from "../recovery/judge_end.ts";
import { scanSegment, type SegmentScan } from "../recovery/scan_tail.ts";
import type { Survey } from "../recovery/survey.ts";
import type { SegmentReader } from "../storage/segment_reader.ts";

/** What the end of a log's last segment is. */
export interface Tail {
  /** All about it. */
  readonly scan: SegmentScan;
  /** What is wrong with it that no crash explains, if anything is. */
  readonly fault?: string;
}

/**
 * Judges the end of the last segment as recovery would. A writer may be at
 * work: what looks like a hole may be a frame that was half-written a moment
 * ago, so a bad verdict counts only if a second look comes to the same place.
 */
export async function judgeTail(
  reader: SegmentReader,
  { manifest, end }: Pick<Survey, "manifest" | "end">,
): Promise<Tail> {
  let scan = await scanSegment(reader, end);
  let fault = faultOfEnd(scan, manifest, "tail");
  while (fault !== undefined) {
    const again = await scanSegment(reader, end);
    const isSame = again.stop.offset === scan.stop.offset;
    scan = again;
    fault = faultOfEnd(scan, manifest, "tail");
    if (isSame) break;
  }
  return fault === undefined ? { scan } : { scan, fault };
}

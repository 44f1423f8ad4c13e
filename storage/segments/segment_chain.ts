import { type Frame, hex, lsnsOf } from "../format/frame.ts";
import type { SegmentHeader } from "../format/segment_header.ts";
import type { PlacedFrame, SegmentStop } from "./segment_reader.ts";

/** What the next frame has to say to be the next. */
export interface ChainLink {
  /** The segment's salt. */
  salt: number;
  /** Checksum of the frame before. */
  previous: number;
  /** LSN of the next record. */
  nextLsn: number;
  /**
   * Checksum that a segment has to name which begins with that record. It
   * differs from `previous` behind a hole that skips nothing: such a one lies
   * where that segment begins, so it is no part of the log then.
   */
  joint: number;
}

/** The link that a segment's first frame has to have. */
export function firstLink(header: SegmentHeader): ChainLink {
  const { salt, previous, firstLsn } = header;
  return { salt, previous, nextLsn: firstLsn, joint: previous };
}

/** Whether `frame` is the next one, and ends below record `end`. */
export function follows(frame: Frame, link: ChainLink, end: number): boolean {
  return frame.salt === link.salt && frame.previous === link.previous &&
    frame.firstLsn === link.nextLsn && frame.firstLsn + lsnsOf(frame) <= end;
}

/**
 * Moves `link` behind `frame`. A mark, which holds no record, is no link:
 * whether it survived must not matter to the segment that follows. A hole
 * names the checksum that the frame behind it was made to follow.
 */
export function advance(link: ChainLink, frame: Frame): void {
  if (frame.hole !== undefined) link.previous = frame.hole.resumes;
  else if (lsnsOf(frame) > 0) link.previous = frame.checksum;
  link.nextLsn += lsnsOf(frame);
  if (lsnsOf(frame) > 0) link.joint = link.previous;
}

/** Says why `frame` is not the next one. */
export function brokenLink(
  frame: PlacedFrame,
  link: ChainLink,
  end: number,
): SegmentStop {
  const { salt, previous, nextLsn } = link;
  const last = nextLsn + lsnsOf(frame) - 1;
  const isLong = frame.firstLsn === nextLsn && last >= end;
  return {
    fault: "link",
    offset: frame.offset,
    expected: `record ${nextLsn} behind ${hex(previous)}, salt ${hex(salt)}` +
      (isLong ? `, up to ${end - 1}` : ""),
    found: `record ${frame.firstLsn} behind ${hex(frame.previous)}, salt ` +
      hex(frame.salt) +
      (isLong ? `, up to ${last}` : ""),
  };
}

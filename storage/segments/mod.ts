/**
 * A frame log made of segment files: what writes them, reads them and finds
 * places in them.
 *
 * What other folders of the library may import from here.
 *
 * @module
 */
export { createSegment, randomNumber, removeIfThere } from "./segment_files.ts";
export { writeAll } from "../storage.ts";
export { readManifest, writeManifest } from "./manifest_file.ts";
export { batchOf, recordsOf } from "./read_segments.ts";
export {
  advance,
  brokenLink,
  type ChainEnd,
  chainStart,
  follows,
} from "./segment_cursor.ts";
export { notTheSegment, SegmentCursor } from "./segment_cursor.ts";
export { SegmentLog, type SegmentLogState } from "./segment_log.ts";
export {
  type PlacedFrame,
  readFully,
  SegmentReader,
  type SegmentStop,
} from "./segment_reader.ts";
export type { SegmentOwner } from "./segment_supply.ts";
export { RESERVE_NAME, SpaceReserve } from "./space_reserve.ts";

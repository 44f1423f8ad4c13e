/**
 * A frame log in segment files: writing them, reading them and seeking in them.
 *
 * All that other folders of the library may import from here.
 *
 * @module
 */
export { IndexBuilder } from "./active_segment.ts";
export {
  createSegment,
  randomNumber,
  readManifest,
  removeFiles,
  requireHeld,
  writeManifest,
} from "./log_files.ts";
export { batchOf, recordsOf } from "./read_segments.ts";
export {
  advance,
  brokenLink,
  type ChainEnd,
  chainStart,
  follows,
  notTheSegment,
  SegmentCursor,
} from "./segment_cursor.ts";
export { SegmentLog, type SegmentLogState } from "./segment_log.ts";
export {
  type PlacedFrame,
  readFully,
  SegmentReader,
  type SegmentStop,
} from "./segment_reader.ts";
export type { SegmentOwner } from "./segment_supply.ts";
export { RESERVE_NAME, SpaceReserve } from "./space_reserve.ts";

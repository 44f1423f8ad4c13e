/**
 * A frame log made of segment files: what writes them, reads them and finds
 * places in them.
 *
 * What other folders of the library may import from here.
 *
 * @module
 */
export { splitFrame } from "./cut_back.ts";
export { type FrameIndex, IndexBuilder } from "./frame_index.ts";
export { identifyLog, type LogIdentity } from "./log_identity.ts";
export {
  createSegment,
  explainLost,
  randomNumber,
  readManifest,
  removeFiles,
  removeQuietly,
  requireHeld,
  sizeOf,
  sizesOf,
  writeManifest,
} from "./log_files.ts";
export { batchOf, recordsOf, SegmentReads } from "./read_segments.ts";
export {
  advance,
  brokenLink,
  bytesOf,
  type ChainEnd,
  type ChainPlace,
  follows,
  notTheSegment,
  SegmentCursor,
} from "./segment_cursor.ts";
export { SegmentLog } from "./segment_log.ts";
export { SegmentLookup } from "./segment_lookup.ts";
export type { SegmentLogState } from "./segment_log_state.ts";
export {
  readFully,
  SegmentReader,
  type SegmentStop,
} from "./segment_reader.ts";
export type { SegmentOwner } from "./segment_supply.ts";
export { RESERVE_NAME, SpaceReserve } from "./space_reserve.ts";

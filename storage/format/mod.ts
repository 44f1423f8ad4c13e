/**
 * The bytes on storage: encoders, decoders and names, all pure.
 *
 * What other folders of the library may import from here.
 *
 * @module
 */
export { addCut, type Cut, CutHistory, lowestSince } from "./cuts.ts";
export { crc32 } from "./crc32.ts";
export { FormatVersionError, makeLogId } from "./envelope.ts";
export {
  ARCHIVE_CURSOR,
  compareSegments,
  CURSOR_NAME,
  formatCursorName,
  formatManifestName,
  formatOriginalName,
  formatSegmentName,
  formatSnapshotName,
  isLockFile,
  isOriginal,
  parseCursorName,
  parseManifestName,
  parseSegmentName,
  parseSnapshotName,
  parseUnfinished,
  parseUnfinishedManifest,
  REQUEST_NAME,
  type SegmentName,
  type SnapshotName,
  STATUS_NAME,
} from "./file_names.ts";
export {
  encodeFrame,
  encodeHole,
  Frame,
  FRAME_HEADER_BYTES,
  frameBytes,
  FrameWindow,
  hex,
  type Hole,
  isSeal,
  KIND,
  lsnsOf,
  makeFrame,
  MAX_FRAME_BYTES,
  RECORD_HEADER_BYTES,
} from "./frame.ts";
export {
  encodeMeta,
  type LogMeta,
  MAX_META_BYTES,
  measureMeta,
  newerMeta,
} from "./log_meta.ts";
export { type Manifest, newManifest } from "./manifest.ts";
export {
  faultOfRecords,
  FrameRecords,
  metaOf,
  type RecordList,
} from "./records.ts";
export {
  encodeSegmentHeader,
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
} from "./segment_header.ts";
export { encodeIndex, indexBytes } from "./segment_index.ts";
